"""Values by themselves: what VR, multiplicity and character set allow (PS3.5 section 6), and UIDs (section 9)."""
