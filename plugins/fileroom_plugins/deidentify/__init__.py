"""De-identification by PS3.15 Annex E: the processor ``deidentify``, and the same as functions.

Which module does what: `actions` and `profile` say what is done with which attribute, `standard_profile`
makes the profile of the Basic Application Level Confidentiality Profile and its options of the table E.1-1,
`deidentifier` applies one to an object, `pseudonyms` and `keyed` are what takes the place of identifiers, and
`report` is what is told of it all.
"""
