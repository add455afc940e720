import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../design/Button";
import { Choices } from "../design/Choices";
import { classes } from "../design/classes";
import { EarSwitch } from "../design/EarSwitch";
import { useFormat } from "../i18n/format";
import { togglePicture } from "./commands";
import styles from "./Compare.module.css";
import { SPEEDS } from "./keys";
import type { Playback, Shown } from "./playback";
import type { Film } from "./sources";
import { SUBTITLES, type Subtitles } from "./subtitles";

interface ControlsProps {
  playback: Playback;
  shown: Shown;
  film: Film;
  languages: string[];
  language: string;
  onLanguage: (language: string) => void;
  subtitles: Subtitles;
  onSubtitles: (subtitles: Subtitles) => void;
  isFull: boolean;
  onFull: () => void;
  onHelp: () => void;
}

export function Controls(props: ControlsProps) {
  const { t } = useTranslation("compare");
  const { playback, shown } = props;
  const format = useFormat();
  return (
    <div className={styles.controls}>
      <SeekBar playback={playback} shown={shown} />
      <div className={styles.row}>
        <IconButton
          icon={shown.isPlaying ? "pause" : "play"}
          label={shown.isPlaying ? t("pause") : t("play")}
          kind="primary"
          onClick={() => playback.toggle()}
        />
        <span className={styles.clock} dir="ltr">
          {format.clock(shown.timeS)} / {format.clock(shown.durationS)}
        </span>
        <Ears {...props} />
        <div className={styles.tools}>
          <Volume playback={playback} shown={shown} />
          <SubtitleMenu {...props} />
          <SpeedMenu playback={playback} shown={shown} />
          {document.pictureInPictureEnabled && shown.hasPicture && (
            <IconButton
              icon="pictureInPicture"
              label={t("pictureInPicture")}
              className={styles.spare}
              onClick={() => togglePicture(playback.video)}
            />
          )}
          <IconButton
            icon="keyboard"
            label={t("keys")}
            className={styles.spare}
            onClick={props.onHelp}
          />
          <IconButton
            icon="fullscreen"
            label={props.isFull ? t("fullscreenEnd") : t("fullscreen")}
            onClick={props.onFull}
          />
        </div>
      </div>
    </div>
  );
}

function SeekBar({ playback, shown }: Pick<ControlsProps, "playback" | "shown">) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const share = shown.durationS > 0 ? shown.timeS / shown.durationS : 0;
  return (
    <input
      type="range"
      dir="ltr"
      className={styles.seek}
      style={{ "--share": `${share * 100}%` } as React.CSSProperties}
      min={0}
      max={shown.durationS || 1}
      step={0.1}
      value={shown.timeS}
      aria-label={t("seek")}
      aria-valuetext={t("seekValue", {
        now: format.clock(shown.timeS),
        end: format.clock(shown.durationS),
      })}
      onChange={(event) => playback.moveTo(event.target.valueAsNumber)}
    />
  );
}

/** Which of both is heard; the languages of the dub, where it has several. */
function Ears({ playback, shown, film, languages, language, onLanguage }: ControlsProps) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const source = film.sourceLanguage;
  return (
    <div className={styles.ears}>
      <EarSwitch
        label={t("sound")}
        heard={shown.ear}
        names={{ original: t("original"), dub: t("dub") }}
        languages={{
          original: source && format.language(source),
          dub: format.language(language),
        }}
        isMissing={shown.original === "missing"}
        hint={t("swapHint")}
        onChoose={(ear) => playback.listenTo(ear)}
      />
      {languages.length > 1 && (
        <Choices
          trigger={<IconButton icon="globe" label={t("language")} />}
          label={t("language")}
          value={language}
          options={languages.map((value) => ({ value, label: format.language(value) }))}
          onChoose={onLanguage}
        />
      )}
    </div>
  );
}

function Volume({ playback, shown }: Pick<ControlsProps, "playback" | "shown">) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const volume = shown.isMuted ? 0 : shown.volume;
  return (
    <div className={styles.volume}>
      <IconButton
        icon={volume === 0 ? "muted" : "sound"}
        label={shown.isMuted ? t("unmute") : t("mute")}
        onClick={() => playback.setVolume(shown.volume, !shown.isMuted)}
      />
      <input
        type="range"
        dir="ltr"
        className={classes(styles.seek, styles.volumeBar)}
        style={{ "--share": `${volume * 100}%` } as React.CSSProperties}
        min={0}
        max={1}
        step={0.05}
        value={volume}
        aria-label={t("volume")}
        aria-valuetext={format.percent(volume)}
        onChange={(event) => playback.setVolume(event.target.valueAsNumber)}
      />
    </div>
  );
}

function SubtitleMenu({ subtitles, onSubtitles }: ControlsProps) {
  const { t } = useTranslation("compare");
  return (
    <Choices
      trigger={<IconButton icon="captions" label={t("subtitles")} />}
      label={t("subtitles")}
      value={subtitles}
      options={SUBTITLES.map((value) => ({ value, label: t(`subtitles.${value}`) }))}
      onChoose={onSubtitles}
    />
  );
}

function SpeedMenu({ playback, shown }: Pick<ControlsProps, "playback" | "shown">) {
  const { t } = useTranslation("compare");
  const format = useFormat();
  const speed = `${format.number(shown.speed)}×`;
  return (
    <Choices
      trigger={
        <Button
          kind="quiet"
          aria-label={`${t("speed")}: ${speed}`}
          title={t("speed")}
          className={styles.speed}
        >
          {speed}
        </Button>
      }
      label={t("speed")}
      value={String(shown.speed)}
      options={SPEEDS.map((each) => ({ value: String(each), label: `${format.number(each)}×` }))}
      onChoose={(value) => playback.setSpeed(Number(value))}
    />
  );
}
