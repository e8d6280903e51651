error-import = I cannot read that history. Check that the file is whole, and export it again if need be.
