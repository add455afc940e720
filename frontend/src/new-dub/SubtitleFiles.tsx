import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { Select } from "../design/fields";
import { Note } from "../design/parts";
import { useFormat } from "../i18n/format";
import { useUploads } from "../uploads/uploads";
import { AUTO } from "./offers";
import { areForSeveral, type Options, type OwnSubtitles } from "./options";
import { languageNamed, textOf } from "./reading";
import styles from "./NewDub.module.css";

interface SubtitleFilesProps {
  options: Options;
  /** What may be spoken in a video. */
  sources: readonly string[];
  onChange: (changed: Partial<Options>) => void;
}

/** Subtitles that people bring: as the transcript, or as a translation. */
export function SubtitleFiles({ options, sources, onChange }: SubtitleFilesProps) {
  const { t } = useTranslation("new-dub");
  const chooser = useRef<HTMLInputElement>(null);
  const items = useUploads();
  const spoken = options.source === AUTO ? sources : [options.source];
  const languages = [...new Set([...options.targets, ...spoken])];

  const add = async (files: File[]) => {
    const added = await Promise.all(files.map((file) => read(file, languages)));
    onChange({ subtitles: [...options.subtitles, ...added] });
  };
  const put = (changed: OwnSubtitles, language: string) =>
    onChange({
      subtitles: options.subtitles.map((each) =>
        each === changed ? { ...each, language, ...textOf(each.bytes, language) } : each,
      ),
    });

  return (
    <fieldset className={styles.group}>
      <legend>{t("subtitles.label")}</legend>
      <p className={styles.groupHint}>{t("subtitles.hint")}</p>
      {areForSeveral(options, items) && <Note tone="warn" title={t("lack.oneVideo")} />}
      {options.subtitles.map((file, number) => (
        <Row
          key={number}
          file={file}
          languages={languages}
          onLanguage={(language) => put(file, language)}
          onRemove={() =>
            onChange({ subtitles: options.subtitles.filter((each) => each !== file) })
          }
        />
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
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = ""; // so that the same file can be chosen again, corrected
        }}
      />
    </fieldset>
  );
}

interface RowProps {
  file: OwnSubtitles;
  languages: readonly string[];
  onLanguage: (language: string) => void;
  onRemove: () => void;
}

function Row({ file, languages, onLanguage, onRemove }: RowProps) {
  const { t } = useTranslation("new-dub");
  const format = useFormat();
  const tags = [...new Set([...languages, file.language])].filter(Boolean);
  return (
    <div className={styles.subtitleRow}>
      <span className={styles.subtitleName} dir="auto">
        {file.name}
      </span>
      <Select
        aria-label={t("subtitles.language", { name: file.name })}
        value={file.language}
        onChange={(event) => onLanguage(event.target.value)}
      >
        <option value="">{t("subtitles.choose")}</option>
        {tags.map((tag) => (
          <option key={tag} value={tag}>
            {format.language(tag)}
          </option>
        ))}
      </Select>
      <IconButton
        icon="close"
        label={t("subtitles.remove", { name: file.name })}
        onClick={onRemove}
      />
      {file.guessed && (
        <p className={styles.subtitleNote} role="status">
          {t("subtitles.guessed", { encoding: file.guessed })}
        </p>
      )}
    </div>
  );
}

async function read(file: File, languages: readonly string[]): Promise<OwnSubtitles> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const language = languageNamed(file.name, languages);
  return { name: file.name, language, bytes, ...textOf(bytes, language) };
}
