"""Values by themselves: VR, multiplicity and character set (PS3.5 section 6), and UIDs (section 9)."""
