import { Link } from "@tanstack/react-router";
import type { Dub } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../design/Button";
import { classes } from "../design/classes";
import { Icon } from "../design/Icon";
import { aboveRowLink, Bar, rowLinkLook } from "../design/parts";
import { useFormat } from "../i18n/format";
import { hasEnded, toneOf } from "../watch/stages";
import { StateBadge } from "../watch/StateBadge";
import { deletions } from "./deleting";
import styles from "./Library.module.css";

/** A frame of the video, or what stands for it, with how long it is. */
function Picture({ dub }: { dub: Dub }) {
  const format = useFormat();
  const [isBroken, setBroken] = useState(false);
  const url = isBroken ? null : dub.thumbnail_url;
  return (
    <div className={styles.picture} data-tone={toneOf(dub.state)}>
      {url === null ? (
        <Icon name={dub.thumbnail_url === null ? "sound" : "film"} size={22} />
      ) : (
        <img src={url} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      )}
      <span className={styles.length}>{format.clock(dub.duration_s)}</span>
    </div>
  );
}

export function DubRow({ dub }: { dub: Dub }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className={styles.row}>
      <Picture dub={dub} />
      <div className={styles.text}>
        <h2 className={styles.name} dir="auto">
          <Link to="/dubs/$dubId" params={{ dubId: dub.id }} className={rowLinkLook}>
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
      <div className={classes(styles.actions, aboveRowLink)}>
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
