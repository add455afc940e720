import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { Bar } from "../design/parts";
import { useProblemText } from "../design/ProblemNote";
import { asSentence } from "../design/sentences";
import { useFormat } from "../i18n/format";
import { fractionOf, isOnItsWay, type Item, type ItemState } from "../uploads/state";
import { uploads } from "../uploads/uploads";
import styles from "./NewDub.module.css";

/** What is not on its way from here, and may go on. */
const STOPPED: ReadonlySet<ItemState> = new Set(["paused", "interrupted", "elsewhere"]);

export function ItemList({ items }: { items: readonly Item[] }) {
  const { t } = useTranslation("new-dub");
  return (
    <ul className={styles.items} aria-label={t("items")}>
      {items.map((item) => (
        <ItemRow key={item.id} item={item} />
      ))}
    </ul>
  );
}

function ItemRow({ item }: { item: Item }) {
  const { t } = useTranslation("new-dub");
  return (
    <li className={styles.item}>
      <Thumbnail item={item} />
      <div className={styles.itemText}>
        <p className={styles.itemName} dir="auto">
          {item.name}
        </p>
        <Facts item={item} />
        {(isOnItsWay(item) || STOPPED.has(item.state)) && (
          <Bar value={fractionOf(item)} label={t("item.progress", { name: item.name })} />
        )}
      </div>
      <Actions item={item} />
    </li>
  );
}

function Thumbnail({ item }: { item: Item }) {
  return (
    <span className={styles.thumbnail}>
      {item.thumbnail ? <img src={item.thumbnail} alt="" /> : <Icon name="film" size={24} />}
    </span>
  );
}

/** How far it is; of a video that is there, what it is. */
function Facts({ item }: { item: Item }) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const problemText = useProblemText();
  if (item.problem) {
    const { title, hint } = problemText(item.problem);
    return (
      <p className={styles.itemProblem} role="alert">
        {asSentence(title)} {hint}
      </p>
    );
  }
  if (item.video) {
    const { duration_s, width, height, channels } = item.video;
    const facts = [
      format.clock(duration_s),
      format.bytes(item.video.size_bytes),
      width && height ? `${width} × ${height}` : t("item.soundOnly"),
      channels ? t("item.channels", { count: channels }) : "",
    ];
    return <p className={styles.itemFacts}>{facts.filter(Boolean).join(" · ")}</p>;
  }
  const sent =
    item.sizeBytes === null
      ? format.percent(item.progress)
      : `${format.bytes(item.sentBytes)} / ${format.bytes(item.sizeBytes)}`;
  return (
    <p className={styles.itemFacts}>
      {t(`item.${item.state as "sending"}`)}
      {item.state !== "waiting" && item.state !== "checking" && ` · ${sent}`}
    </p>
  );
}

function Actions({ item }: { item: Item }) {
  const { t } = useTranslation("new-dub");
  const { t: common } = useTranslation();
  const { id, name, state } = item;
  if (state === "elsewhere") return null;
  const canGoOn = state === "paused" || (state === "failed" && item.problem?.retryable);
  return (
    <div className={styles.itemActions}>
      {(state === "sending" || state === "waiting") && (
        <IconButton
          icon="pause"
          label={t("item.pause", { name })}
          onClick={() => void uploads.pause(id)}
        />
      )}
      {canGoOn && (
        <IconButton
          icon={state === "failed" ? "retry" : "play"}
          label={t("item.resume", { name })}
          onClick={() => uploads.resume(id)}
        />
      )}
      <IconButton
        icon="close"
        label={t("item.remove", { name })}
        onClick={() => void uploads.remove(id, common)}
      />
    </div>
  );
}
