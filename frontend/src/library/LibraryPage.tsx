import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dubsQuery } from "../api/queries";
import { usePending } from "../app/deletions";
import { Button, buttonLook } from "../design/Button";
import { classes } from "../design/classes";
import { SearchInput } from "../design/fields";
import { Icon } from "../design/Icon";
import { Empty, PageHead, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { deletions } from "./deleting";
import { DubRow } from "./DubRow";
import styles from "./Library.module.css";
import { filterOf, type LibrarySearch } from "./search";

const FILTERS = [undefined, "running", "done", "failed"] as const;
const TYPING_MS = 300;

export function LibraryPage() {
  const { t } = useTranslation("library");
  const search = useSearch({ from: "/inside/dubs" });
  const list = useInfiniteQuery(dubsQuery(filterOf(search)));
  const pending = usePending(deletions);
  const dubs = list.data?.pages.flatMap((page) => page.dubs).filter((dub) => !pending.has(dub.id));
  return (
    <>
      <PageHead title={t("title")}>
        <Link to="/" className={buttonLook({ kind: "primary" })}>
          <Icon name="plus" size={18} />
          {t("new")}
        </Link>
      </PageHead>
      <div className={styles.tools}>
        <SearchBox search={search} />
        <StateFilter search={search} />
      </div>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {!dubs && !list.error && <Waiting />}
      {dubs?.length === 0 && <Nothing isNarrowed={Boolean(search.q ?? search.state)} />}
      {dubs && dubs.length > 0 && (
        <ul className={styles.list}>
          {dubs.map((dub) => (
            <DubRow key={dub.id} dub={dub} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <More isLoading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
      )}
    </>
  );
}

function SearchBox({ search }: { search: LibrarySearch }) {
  const { t } = useTranslation("library");
  const navigate = useNavigate();
  const [text, setText] = useState(search.q ?? "");
  const { q = "" } = search;
  useEffect(() => {
    if (text === q) return;
    const timer = setTimeout(
      () =>
        void navigate({
          to: "/dubs",
          search: ({ state }: LibrarySearch) => ({ ...(text && { q: text }), ...(state && { state }) }),
          replace: true,
        }),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  return <SearchInput label={t("search")} value={text} onChange={setText} />;
}

function StateFilter({ search }: { search: LibrarySearch }) {
  const { t } = useTranslation("library");
  return (
    <nav className={styles.filters} aria-label={t("filter")}>
      {FILTERS.map((state) => (
        <Link
          key={state ?? "all"}
          to="/dubs"
          search={({ q }: LibrarySearch) => ({ ...(q && { q }), ...(state && { state }) })}
          replace
          activeOptions={{ exact: true, includeSearch: false }}
          aria-current={search.state === state ? "true" : undefined}
          className={classes(styles.filter, search.state === state && styles.filterChosen)}
        >
          {t(`filter.${state ?? "all"}`)}
        </Link>
      ))}
    </nav>
  );
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }) {
  const { t } = useTranslation("library");
  if (isNarrowed) {
    return (
      <Empty
        icon="search"
        title={t("nothingFound")}
        action={
          <Link to="/dubs" className={buttonLook()}>
            {t("showAll")}
          </Link>
        }
      >
        {t("nothingFoundText")}
      </Empty>
    );
  }
  return (
    <Empty
      icon="film"
      title={t("empty")}
      action={
        <Link to="/" className={buttonLook({ kind: "primary" })}>
          {t("new")}
        </Link>
      }
    >
      {t("emptyText")}
    </Empty>
  );
}

function Waiting() {
  return (
    <div className={styles.waiting}>
      {[0, 1, 2, 3].map((n) => (
        <Skeleton key={n} height="5.5rem" />
      ))}
    </div>
  );
}

/** Fetches more when it comes into sight; a button for those who do not scroll. */
function More({ isLoading, onMore }: { isLoading: boolean; onMore: () => void }) {
  const { t } = useTranslation();
  const mark = useRef<HTMLDivElement>(null);
  const more = useRef(onMore);
  useEffect(() => {
    more.current = onMore;
  });
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting && !isLoading) more.current();
      },
      { rootMargin: "400px" },
    );
    if (mark.current) observer.observe(mark.current);
    return () => observer.disconnect();
  }, [isLoading]);
  return (
    <div ref={mark} className={styles.more}>
      <Button busy={isLoading} onClick={onMore}>
        {t("more")}
      </Button>
    </div>
  );
}
