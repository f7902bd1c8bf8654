raise RuntimeError("never read")
