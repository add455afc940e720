"""Models in memory: loaded once, the one unused for longest goes first, never one in use."""

from __future__ import annotations

import threading

import pytest

from polydub.model_cache import ModelCache

pytestmark = pytest.mark.unit


class Model:
    def __init__(self, name: str) -> None:
        self.name = name
        self.unloaded = False

    def unload(self) -> None:
        self.unloaded = True


def use(cache: ModelCache[str, Model], name: str, size_bytes: int = 40) -> Model:
    with cache.lease(name, size_bytes, lambda: Model(name)) as model:
        assert not model.unloaded
        return model


def test_a_model_is_loaded_once() -> None:
    cache = ModelCache[str, Model]("asr", 100)
    assert use(cache, "a") is use(cache, "a")


def test_the_one_unused_for_longest_goes_first() -> None:
    cache = ModelCache[str, Model]("asr", 100)
    first, second = use(cache, "a"), use(cache, "b")
    use(cache, "a")
    use(cache, "c")
    assert (first.unloaded, second.unloaded) == (False, True)
    assert cache.loaded() == ("a", "c")


def test_one_in_use_stays_though_there_is_no_room() -> None:
    cache = ModelCache[str, Model]("asr", 50)
    with cache.lease("a", 40, lambda: Model("a")) as model:
        use(cache, "b")
        assert not model.unloaded
    assert cache.loaded() == ("a",)


def test_a_model_larger_than_the_limit_is_kept_alone() -> None:
    cache = ModelCache[str, Model]("asr", 10)
    assert use(cache, "a") is use(cache, "a")
    use(cache, "b")
    assert cache.loaded() == ("b",)


def test_a_forgotten_model_is_loaded_anew_while_its_user_keeps_it() -> None:
    cache = ModelCache[str, Model]("asr", 100)
    with cache.lease("a", 40, lambda: Model("a")) as before:
        cache.forget("a")
        assert use(cache, "a") is not before
        assert not before.unloaded


def test_threads_share_one_load() -> None:
    cache = ModelCache[str, Model]("asr", 100)
    loads: list[str] = []
    together = threading.Barrier(8)

    def load() -> Model:
        loads.append("a")
        return Model("a")

    def work() -> None:
        together.wait()
        with cache.lease("a", 40, load):
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["a"]


def test_clear_frees_what_is_idle() -> None:
    cache = ModelCache[str, Model]("asr", 100)
    idle = use(cache, "a")
    with cache.lease("b", 40, lambda: Model("b")) as busy:
        cache.clear()
        assert (idle.unloaded, busy.unloaded) == (True, False)
