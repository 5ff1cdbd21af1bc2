"""Objects as PS3.3 defines them: modules, attribute types, conditions and values."""
