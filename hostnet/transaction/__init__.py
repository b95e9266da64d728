"""A change of the running host: journalled, performed by a service, undone unless committed."""
