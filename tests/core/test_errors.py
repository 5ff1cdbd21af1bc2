import pickle

import pytest

from fileroom import errors

CLASSES = [
    one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.FileroomError)
]


def make(cls: type[errors.FileroomError]) -> errors.FileroomError:
    if issubclass(cls, errors.PluginError):
        return cls("what happened", "imaging", "fileroom")
    if issubclass(cls, errors.KeyNotIndexedError):
        return cls("KVP", "what happened")
    if issubclass(cls, errors.ConfigError):
        return cls("what happened", "storage.root")
    if issubclass(cls, errors.DocumentError):
        return cls("what happened", "rules.xml", 7)
    return cls("what happened")


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_keeps_its_class_text_and_attributes_from_one_process_to_another(
    cls: type[errors.FileroomError],
) -> None:
    error = make(cls)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_stands_in_the_tree_of_the_module_description(cls: type[errors.FileroomError]) -> None:
    assert errors.__doc__ is not None
    assert f" {cls.__name__}" in errors.__doc__
