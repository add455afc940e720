import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Icon } from "../design/Icon";
import { backLook, Skeleton } from "../design/parts";
import { ProblemNote } from "../design/ProblemNote";
import { registeredSpeakerQuery } from "./queries";
import { SpeakerEditor } from "./SpeakerEditor";

export function SpeakerPage() {
  const { t } = useTranslation("speakers");
  const { speakerId } = useParams({ from: "/inside/speakers/$speakerId" });
  return (
    <>
      <p>
        <Link to="/speakers" className={backLook}>
          <Icon name="back" size={18} />
          {t("speakers")}
        </Link>
      </p>
      {speakerId === "new" ? (
        <SpeakerEditor key="new" speaker={null} onReload={() => undefined} />
      ) : (
        <Known key={speakerId} speakerId={speakerId} />
      )}
    </>
  );
}

function Known({ speakerId }: { speakerId: string }) {
  const { data, error, refetch, dataUpdatedAt } = useQuery(registeredSpeakerQuery(speakerId));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height="24rem" />;
  return (
    <SpeakerEditor key={dataUpdatedAt} speaker={data} onReload={() => void refetch()} />
  );
}
