import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { EarSwitch } from "../design/EarSwitch";
import styles from "./Edit.module.css";
import type { Hearing } from "./hearing";
import { useWorkplace } from "./workplace";

/** What is heard and seen, of the dub or of its original. */
export function Player({ hearing, edition }: { hearing: Hearing; edition: string }) {
  const { t } = useTranslation("edit");
  const { ear, url, isMissing } = hearing;
  return (
    <div className={styles.player}>
      {url !== null && <Film key={`${edition} ${url}`} hearing={hearing} url={url} />}
      <EarSwitch
        label={t("heard")}
        heard={ear}
        names={{ original: t("heard.original"), dub: t("heard.dub") }}
        isMissing={isMissing}
        onChoose={hearing.listenTo}
      />
      <p role="status" className={styles.hint}>
        {isMissing && t("heard.missing")}
      </p>
    </div>
  );
}

function Film({ hearing, url }: { hearing: Hearing; url: string }) {
  const { t } = useTranslation("edit");
  const { clock, dub } = useWorkplace();
  const attach = useCallback((media: HTMLVideoElement | null) => clock.attach(media), [clock]);
  return (
    // What is said stands in the lines beside it.
    // eslint-disable-next-line jsx-a11y/media-has-caption
    <video
      ref={attach}
      className={styles.video}
      src={url}
      controls
      {...(dub.thumbnail_url !== null && { poster: dub.thumbnail_url })}
      playsInline
      preload="metadata"
      aria-label={t(hearing.ear === "original" ? "heard.original" : "player")}
      onError={hearing.failed}
    />
  );
}
