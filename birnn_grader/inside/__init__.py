"""What runs beside the student's code, inside the sandbox: NumPy and the standard library, and nothing believed."""
