"""The object store: one interface, two backends (:mod:`local`, :mod:`s3`), one contract test."""

from polydub.store.base import ObjectInfo, ObjectStore, valid_key
from polydub.store.factory import open_store
from polydub.store.parts import StoredPart, Unfinished

__all__ = ["ObjectInfo", "ObjectStore", "StoredPart", "Unfinished", "open_store", "valid_key"]
