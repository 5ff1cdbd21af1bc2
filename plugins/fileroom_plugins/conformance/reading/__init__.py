"""Reading an object as it is written: elements, and all that is wrong with their encoding."""
