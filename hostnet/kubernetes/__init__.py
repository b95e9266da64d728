"""What the files and links of Kubernetes, CNIs and container engines say, pure."""
