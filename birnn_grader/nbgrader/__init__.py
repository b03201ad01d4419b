"""What nbgrader sees: its converters and steps replaced, its gradebook written, feedback and exports."""
