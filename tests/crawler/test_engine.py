from pathlib import Path

from config.settings import Settings, Store
from crawler.engine import crawl_lock, outbox_lock, store_path
from store.migrating import migrate


def test_who_comes_by_a_link_shares_the_store_and_its_locks(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.db").symlink_to("disk/cleanbill.db")  # which is not there yet
    direct, linked = Settings(), Settings(store=Store(url=f"sqlite:///{tmp_path / 'link.db'}"))
    assert store_path(linked, tmp_path) == store_path(direct, tmp_path / "disk")
    for lock in (crawl_lock, outbox_lock):
        assert lock(linked, tmp_path) == lock(direct, tmp_path / "disk")
    migrate(store_path(linked, tmp_path))
    assert (tmp_path / "link.db").is_symlink()
    assert (tmp_path / "disk" / "cleanbill.db").is_file()
