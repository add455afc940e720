import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Edit.module.css";
import { EARS, type Hearing } from "./hearing";
import { useWorkplace } from "./workplace";

/** What is heard and seen, of the dub or of its original. */
export function Player({ hearing, edition }: { hearing: Hearing; edition: string }) {
  const { t } = useTranslation("edit");
  const { ear, url, isMissing } = hearing;
  return (
    <div className={styles.player}>
      {url !== null && <Film key={`${edition} ${url}`} hearing={hearing} url={url} />}
      <div className={styles.ears} role="group" aria-label={t("heard")}>
        {EARS.map((each) => (
          <button
            key={each}
            type="button"
            className={styles.ear}
            aria-pressed={ear === each}
            disabled={each === "original" && isMissing}
            onClick={() => hearing.listenTo(each)}
          >
            {t(`heard.${each}`)}
          </button>
        ))}
      </div>
      <p role="status" className={styles.hint}>
        {isMissing && t("heard.missing")}
      </p>
    </div>
  );
}

function Film({ hearing, url }: { hearing: Hearing; url: string }) {
  const { t } = useTranslation("edit");
  const { clock } = useWorkplace();
  const attach = useCallback((media: HTMLVideoElement | null) => clock.attach(media), [clock]);
  return (
    // What is said stands in the lines beside it.
    // eslint-disable-next-line jsx-a11y/media-has-caption
    <video
      ref={attach}
      className={styles.video}
      src={url}
      controls
      playsInline
      preload="metadata"
      aria-label={t(hearing.ear === "original" ? "heard.original" : "player")}
      onError={hearing.failed}
    />
  );
}
