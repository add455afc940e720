import { useId } from "react";
import { useTranslation } from "react-i18next";
import { directionOf } from "../i18n/languages";
import { axisTop } from "./figures";
import styles from "./Usage.module.css";

interface BarChartProps {
  title: string;
  bars: { key: string; label: string; name: string; value: number }[];
  format: (value: number) => string;
  /** Shorter, for the axis; left out: the same. */
  axisFormat?: (value: number) => string;
}

const HEIGHT = 150;
const LABELS = 20;
const TOP = 8;
const PLOT = HEIGHT - LABELS - TOP;
/** Of the width, for the axis' figures. */
const AXIS_PERCENT = 14;
const BAR_OF_STEP = 0.62;

/** Bars beside each other. The table of the same figures is for those who do not see them. */
export function BarChart({ title, bars, format, axisFormat = format }: BarChartProps) {
  const { i18n } = useTranslation();
  const id = useId();
  const isFromRight = directionOf(i18n.language) === "rtl";
  const top = axisTop(Math.max(0, ...bars.map((bar) => bar.value)));
  const step = (100 - AXIS_PERCENT) / Math.max(1, bars.length);
  const across = (percent: number) => (isFromRight ? 100 - percent : percent);
  const said = bars.map((bar) => `${bar.name}: ${format(bar.value)}`).join("; ");
  return (
    <figure className={styles.chart}>
      <figcaption id={id}>{title}</figcaption>
      <svg
        role="img"
        aria-labelledby={id}
        aria-describedby={`${id}-said`}
        width="100%"
        height={HEIGHT}
        direction="ltr"
      >
        <desc id={`${id}-said`}>{said}</desc>
        {[0, 0.5, 1].map((part) => {
          const y = TOP + PLOT * (1 - part);
          return (
            <g key={part}>
              <line
                className={styles.gridLine}
                x1={`${across(AXIS_PERCENT)}%`}
                x2={`${across(100)}%`}
                y1={y}
                y2={y}
              />
              <text
                className={styles.axis}
                x={`${across(AXIS_PERCENT - 1.5)}%`}
                y={y + 4}
                textAnchor={isFromRight ? "start" : "end"}
              >
                {axisFormat(top * part)}
              </text>
            </g>
          );
        })}
        {bars.map((bar, n) => {
          const middle = AXIS_PERCENT + step * (n + 0.5);
          const width = step * BAR_OF_STEP;
          const height = (bar.value / top) * PLOT;
          return (
            <g key={bar.key}>
              <title>{`${bar.name}: ${format(bar.value)}`}</title>
              <rect
                className={styles.bar}
                x={`${across(middle) - width / 2}%`}
                width={`${width}%`}
                y={TOP + PLOT - height}
                height={height}
                rx={3}
              />
              <text
                className={styles.axis}
                x={`${across(middle)}%`}
                y={HEIGHT - 4}
                textAnchor="middle"
              >
                {bar.label}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
