import { Link } from "@tanstack/react-router";
import type { Dub } from "polydub-client";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { Bar } from "../design/parts";
import { useFormat } from "../i18n/format";
import { hasEnded, toneOf } from "../watch/stages";
import { StateBadge } from "../watch/StateBadge";
import { deletions } from "./deleting";
import styles from "./Library.module.css";

export function DubRow({ dub }: { dub: Dub }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className={styles.row}>
      <span className={styles.picture} data-tone={toneOf(dub.state)}>
        <Icon name="film" size={22} />
      </span>
      <div className={styles.text}>
        <h2 className={styles.name} dir="auto">
          <Link to="/dubs/$dubId" params={{ dubId: dub.id }} className={styles.link}>
            {dub.filename}
          </Link>
        </h2>
        <p className={styles.facts}>
          {format.list(dub.target_languages.map(format.language))} ·{" "}
          <time dateTime={dub.created_at}>{format.ago(dub.created_at)}</time>
        </p>
        {!hasEnded(dub.state) && <Bar value={dub.progress} label={dub.filename} />}
      </div>
      <div className={styles.state}>
        {dub.state === "processing" && (
          <span className={styles.percent}>{format.percent(dub.progress)}</span>
        )}
        <StateBadge state={dub.state} />
      </div>
      <div className={styles.actions}>
        {hasEnded(dub.state) && (
          <IconButton
            icon="trash"
            label={t("deleteNamed", { name: dub.filename })}
            onClick={() => deletions.begin({ id: dub.id, name: dub.filename }, t)}
          />
        )}
      </div>
    </li>
  );
}
