import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RegisteredSpeaker } from "polydub-client";
import { useTranslation } from "react-i18next";
import { registeredSpeakersQuery } from "../api/queries";
import { usePending } from "../app/deletions";
import { useMay } from "../app/role";
import { buttonLook, IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { aboveRowLink, Empty, PageHead, rowLinkLook, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { SpeakerDot } from "../design/speakers";
import words from "../words/Words.module.css";
import { WordsTabs } from "../words/WordsTabs";
import { speakerDeletions } from "./deleting";
import { VoiceList } from "./VoiceList";
import { useVoiceNames } from "./voices";

/** Who speaks in several videos. */
export function SpeakersPage() {
  const { t } = useTranslation(["speakers", "words"]);
  const may = useMay();
  const { data, error, refetch } = useQuery(registeredSpeakersQuery);
  return (
    <>
      <PageHead title={t("speakers")} lead={t("speakersText")}>
        {may.edit && <NewSpeaker />}
      </PageHead>
      <WordsTabs />
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton height="14rem" />}
      {data && <Speakers speakers={data.speakers} mayEdit={may.edit} />}
    </>
  );
}

function NewSpeaker() {
  const { t } = useTranslation("speakers");
  return (
    <Link
      to="/speakers/$speakerId"
      params={{ speakerId: "new" }}
      className={buttonLook({ kind: "primary" })}
    >
      <Icon name="plus" size={18} />
      {t("newSpeaker")}
    </Link>
  );
}

function Speakers({ speakers, mayEdit }: { speakers: RegisteredSpeaker[]; mayEdit: boolean }) {
  const { t } = useTranslation("speakers");
  const pending = usePending(speakerDeletions);
  const languages = [...new Set(speakers.flatMap((each) => Object.keys(each.voices)))];
  const voiceName = useVoiceNames(languages);
  // Each keeps their colour while another is being deleted.
  const numbered = speakers.map((speaker, number) => ({ speaker, number }));
  const shown = numbered.filter(({ speaker }) => !pending.has(speaker.id));
  if (shown.length === 0) {
    return (
      <Empty icon="user" title={t("noSpeakers")}>
        {t("noSpeakersText")}
      </Empty>
    );
  }
  return (
    <ul className={words.list}>
      {shown.map(({ speaker, number }) => (
        <SpeakerCard
          key={speaker.id}
          speaker={speaker}
          number={number}
          voiceName={voiceName}
          mayEdit={mayEdit}
        />
      ))}
    </ul>
  );
}

interface SpeakerCardProps {
  speaker: RegisteredSpeaker;
  /** Which of all they are, for their colour. */
  number: number;
  voiceName: (tag: string, id: string) => string;
  mayEdit: boolean;
}

function SpeakerCard({ speaker, number, voiceName, mayEdit }: SpeakerCardProps) {
  const { t } = useTranslation("speakers");
  const { t: common } = useTranslation();
  return (
    <li className={words.card}>
      <SpeakerDot number={number} />
      <div className={words.cardText}>
        <h2 className={words.cardTitle}>
          <Link
            to="/speakers/$speakerId"
            params={{ speakerId: speaker.id }}
            className={rowLinkLook}
          >
            <bdi>{speaker.name}</bdi>
          </Link>
        </h2>
        {Object.keys(speaker.voices).length === 0 && (
          <p className={words.facts}>{t("noVoices")}</p>
        )}
        <VoiceList voices={speaker.voices} voiceName={voiceName} />
      </div>
      {mayEdit && (
        <div className={aboveRowLink}>
          <IconButton
            icon="trash"
            label={common("deleteNamed", { name: speaker.name })}
            onClick={() => speakerDeletions.begin(speaker, common)}
          />
        </div>
      )}
    </li>
  );
}
