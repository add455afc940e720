"""The public edge: uploads, jobs, progress, downloads."""
