import type { Artifact } from "polydub-client";
import { useTranslation } from "react-i18next";
import { Button } from "../design/Button";
import { Icon } from "../design/Icon";
import { useFormat } from "../i18n/format";
import styles from "./Compare.module.css";
import { formatOf, isPage, keyOf, ordered } from "./files";

/** Files by what they are, each with its format and size. */
export function FileList({ files }: { files: readonly Artifact[] }) {
  return (
    <ul className={styles.files}>
      {ordered(files).map((file) => (
        <li key={file.name}>
          <FileLink file={file} />
        </li>
      ))}
    </ul>
  );
}

function FileLink({ file }: { file: Artifact }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const facts = `${formatOf(file)} · ${format.bytes(file.size_bytes)}`;
  const way = isPage(file)
    ? { href: `${file.url}?inline=true`, target: "_blank", rel: "noreferrer" }
    : { href: file.url, download: file.name };
  return (
    <a className={styles.file} title={file.name} {...way}>
      <Icon name={isPage(file) ? "report" : "download"} size={18} />
      <span className={styles.fileName}>{t(keyOf(file))}</span>
      <span className={styles.fileFacts}>{facts}</span>
    </a>
  );
}

/** Browsers drop downloads that begin at the same moment. */
const APART_MS = 700;

/** Fetches one file after the other. */
export function DownloadAll({ files }: { files: readonly Artifact[] }) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const all = files.filter((file) => !isPage(file));
  if (all.length < 2) return null;
  const bytes = all.reduce((sum, file) => sum + file.size_bytes, 0);
  return (
    <Button icon="download" onClick={() => void downloadAll(all)}>
      {t("downloadAll", { count: all.length, size: format.bytes(bytes) })}
    </Button>
  );
}

async function downloadAll(files: readonly Artifact[]): Promise<void> {
  for (const file of files) {
    const link = document.createElement("a");
    link.href = file.url;
    link.download = file.name;
    link.click();
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
  }
}
