"""Pictures of DICOM images and of ordinary ones, as a command string says: `picture.render`."""
