import { Dialog } from "@base-ui/react/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, type Dub, type Share } from "polydub-client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { polydub } from "../api/polydub";
import { Button, IconButton } from "../design/Button";
import { Field, Input, Select, SwitchRow } from "../design/fields";
import popups from "../design/popups.module.css";
import { ProblemNote } from "../design/ProblemNote";
import { useFormat } from "../i18n/format";
import styles from "./Compare.module.css";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const LASTS_S = [HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S];

/** Makes links to a dub for people without an account, and ends them. */
export function ShareDialog({ dub }: { dub: Dub }) {
  const { t } = useTranslation("compare");
  const { t: common } = useTranslation();
  return (
    <Dialog.Root>
      <Dialog.Trigger render={<Button icon="share">{t("share")}</Button>} />
      <Dialog.Portal>
        <Dialog.Backdrop className={popups.backdrop} />
        <Dialog.Popup className={popups.dialog}>
          <Dialog.Title className={popups.dialogTitle}>{t("share.title")}</Dialog.Title>
          <Dialog.Description className={popups.dialogText}>{t("share.text")}</Dialog.Description>
          <NewLink dub={dub} />
          <OpenLinks dubId={dub.id} />
          <div className={popups.dialogActions}>
            <Dialog.Close render={<Button>{common("close")}</Button>} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const sharesKey = (dubId: string) => ["shares", dubId];

function NewLink({ dub }: { dub: Dub }) {
  const { t, i18n } = useTranslation("compare");
  const format = useFormat();
  const queryClient = useQueryClient();
  const [lastsS, setLastsS] = useState(7 * DAY_S);
  const [language, setLanguage] = useState("");
  const [mayDownload, setMayDownload] = useState(false);
  const making = useMutation({
    mutationFn: () =>
      answer(
        polydub.http.POST("/v1/dubs/{dub_id}/shares", {
          params: { path: { dub_id: dub.id } },
          body: {
            expires_in_s: lastsS,
            languages: language === "" ? [] : [language],
            downloads: mayDownload,
          },
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sharesKey(dub.id) }),
  });
  return (
    <div className={styles.newLink}>
      <div className={styles.linkOptions}>
        <Field label={t("share.lasts")}>
          {(ids) => (
            <Select {...ids} value={lastsS} onChange={(event) => setLastsS(Number(event.target.value))}>
              {LASTS_S.map((each) => (
                <option key={each} value={each}>
                  {spanName(each, i18n.language)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {dub.target_languages.length > 1 && (
          <Field label={t("share.languages")}>
            {(ids) => (
              <Select {...ids} value={language} onChange={(event) => setLanguage(event.target.value)}>
                <option value="">{t("share.allLanguages")}</option>
                {dub.target_languages.map((tag) => (
                  <option key={tag} value={tag}>
                    {format.language(tag)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
      </div>
      <SwitchRow
        label={t("share.downloads")}
        hint={t("share.downloadsHint")}
        checked={mayDownload}
        onChange={setMayDownload}
      />
      {making.data ? (
        <Made key={making.data.id} url={new URL(making.data.url, location.href).href} />
      ) : null}
      {making.error && <ProblemNote error={making.error} />}
      <Button
        kind={making.data ? "plain" : "primary"}
        icon="link"
        busy={making.isPending}
        onClick={() => making.mutate()}
      >
        {t(making.data ? "share.makeAnother" : "share.make")}
      </Button>
    </div>
  );
}

/** A link that was just made: the only time that it is shown. */
function Made({ url }: { url: string }) {
  const { t } = useTranslation("compare");
  const [isCopied, setIsCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(url).then(() => setIsCopied(true));
  };
  return (
    <div className={styles.made}>
      <Field label={t("share.link")} hint={t("share.once")}>
        {(ids) => (
          <Input {...ids} readOnly dir="ltr" value={url} onFocus={(event) => event.target.select()} />
        )}
      </Field>
      {/* Browsers give the clipboard to safe addresses only. */}
      {isSecureContext && (
        <Button kind="primary" icon={isCopied ? "check" : "copy"} onClick={copy}>
          {t(isCopied ? "share.copied" : "share.copy")}
        </Button>
      )}
    </div>
  );
}

function OpenLinks({ dubId }: { dubId: string }) {
  const { t } = useTranslation("compare");
  const params = { params: { path: { dub_id: dubId } } };
  const { data, error } = useQuery({
    queryKey: sharesKey(dubId),
    queryFn: ({ signal }) => answer(polydub.http.GET("/v1/dubs/{dub_id}/shares", { ...params, signal })),
  });
  if (error) return <ProblemNote error={error} />;
  if (!data || data.shares.length === 0) return null;
  return (
    <div className={styles.openLinks}>
      <h3>{t("share.open")}</h3>
      <ul>
        {data.shares.map((share) => (
          <OpenLink key={share.id} dubId={dubId} share={share} />
        ))}
      </ul>
    </div>
  );
}

function OpenLink({ dubId, share }: { dubId: string; share: Share }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const queryClient = useQueryClient();
  const revoking = useMutation({
    mutationFn: () =>
      answer(
        polydub.http.DELETE("/v1/dubs/{dub_id}/shares/{share_id}", {
          params: { path: { dub_id: dubId, share_id: share.id } },
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sharesKey(dubId) }),
  });
  const what = share.languages.map(format.language);
  return (
    <li>
      <span className={styles.linkFacts}>
        <span>{what.length > 0 ? format.list(what) : t("share.allLanguages")}</span>
        <span className={styles.hint}>
          {t("share.until", { moment: format.date(share.expires_at) })}
          {share.downloads && ` · ${t("share.withDownloads")}`}
        </span>
      </span>
      <IconButton
        icon="trash"
        label={t("share.revoke")}
        disabled={revoking.isPending}
        onClick={() => revoking.mutate()}
      />
    </li>
  );
}

/** 3600 → "1 hour", in the page's language. */
function spanName(seconds: number, locale: string): string {
  const [value, unit] = seconds < DAY_S ? [seconds / HOUR_S, "hour"] : [seconds / DAY_S, "day"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
}
