import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Skeleton } from "./parts";
import { ProblemNote } from "./ProblemNote";

interface PagesProps {
  /** What `useInfiniteQuery` tells of a list that comes in pages. */
  list: {
    data: unknown;
    error: Error | null;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    refetch: () => unknown;
    fetchNextPage: () => unknown;
  };
  /** Of what stands there until the first page comes. */
  height: string;
  children: ReactNode;
}

/** A list as far as it has come, and the way to the rest of it. */
export function Pages({ list, height, children }: PagesProps) {
  const { t } = useTranslation();
  return (
    <>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.data === undefined && !list.error && <Skeleton height={height} />}
      {list.data !== undefined && children}
      {list.hasNextPage && (
        <div>
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
    </>
  );
}
