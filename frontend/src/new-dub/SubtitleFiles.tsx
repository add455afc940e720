import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { Select } from "../design/fields";
import { useFormat } from "../i18n/format";
import { AUTO } from "./offers";
import type { Options, OwnSubtitles } from "./options";
import styles from "./NewDub.module.css";

interface SubtitleFilesProps {
  options: Options;
  onChange: (changed: Partial<Options>) => void;
}

/** Subtitles that people bring: as the transcript, or as a translation. */
export function SubtitleFiles({ options, onChange }: SubtitleFilesProps) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const chooser = useRef<HTMLInputElement>(null);
  const languages = [...(options.source === AUTO ? [] : [options.source]), ...options.targets];

  const add = async (files: FileList | null) => {
    const added = await Promise.all([...(files ?? [])].map((file) => read(file, languages)));
    onChange({ subtitles: [...options.subtitles, ...added] });
  };
  const put = (changed: OwnSubtitles, language: string) =>
    onChange({
      subtitles: options.subtitles.map((each) => (each === changed ? { ...each, language } : each)),
    });

  return (
    <fieldset className={styles.group}>
      <legend>{t("subtitles.label")}</legend>
      <p className={styles.groupHint}>{t("subtitles.hint")}</p>
      {options.subtitles.map((file) => (
        <div key={file.name + file.language} className={styles.subtitleRow}>
          <span className={styles.subtitleName} dir="auto">
            {file.name}
          </span>
          <Select
            aria-label={t("subtitles.language", { name: file.name })}
            value={file.language}
            onChange={(event) => put(file, event.target.value)}
          >
            <option value="">{t("subtitles.choose")}</option>
            {[...new Set([...languages, file.language])].filter(Boolean).map((tag) => (
              <option key={tag} value={tag}>
                {format.language(tag)}
              </option>
            ))}
          </Select>
          <IconButton
            icon="close"
            label={t("subtitles.remove", { name: file.name })}
            onClick={() =>
              onChange({ subtitles: options.subtitles.filter((each) => each !== file) })
            }
          />
        </div>
      ))}
      <Button icon="plus" onClick={() => chooser.current?.click()}>
        {t("subtitles.add")}
      </Button>
      <input
        ref={chooser}
        type="file"
        accept=".srt,.vtt,text/vtt,application/x-subrip"
        multiple
        hidden
        aria-label={t("subtitles.add")}
        onChange={(event) => void add(event.target.files)}
      />
    </fieldset>
  );
}

/** A file's text, and its language where its name tells: `talk.es.srt`. */
async function read(file: File, languages: readonly string[]): Promise<OwnSubtitles> {
  const named = /\.([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\.\w+$/.exec(file.name)?.[1] ?? "";
  const language = languages.includes(named) ? named : "";
  return { name: file.name, language, text: await file.text() };
}
