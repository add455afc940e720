import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import messages from "../i18n/messages/en/new-dub.json";
import { newItem, type Item } from "../uploads/state";
import { speaking } from "../testing/speaking";
import { USUAL, type Options } from "./options";
import { SubtitleFiles } from "./SubtitleFiles";

const items: Item[] = [];
vi.mock("../uploads/uploads", () => ({ useUploads: () => items }));

speaking({ en: { "new-dub": messages } });

const told = vi.fn<(changed: Partial<Options>) => void>();

function Chosen({ source = "auto" }: { source?: string }) {
  const [options, setOptions] = useState<Options>({ ...USUAL, source, targets: ["es"] });
  const change = (changed: Partial<Options>) => {
    told(changed);
    setOptions((now) => ({ ...now, ...changed }));
  };
  return <SubtitleFiles options={options} sources={["en", "ru"]} onChange={change} />;
}

async function bring(name: string, content: Uint8Array<ArrayBuffer>) {
  const input = screen.getByLabelText("Add a file", { selector: "input" });
  const file = new File([content], name);
  file.arrayBuffer = () => Promise.resolve(content.buffer); // which jsdom's files have not
  await userEvent.upload(input, file);
  await screen.findByText(name);
  return input as HTMLInputElement;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const last = () => told.mock.lastCall?.[0].subtitles;

const languages = () => screen.getAllByRole("option").map((each) => each.textContent);

test("where the spoken language is to be found out, a file may be in any", async () => {
  render(<Chosen />);
  await bring("talk.en.srt", utf8("Hello"));
  expect(languages()).toEqual(["Which language?", "Spanish", "English", "Russian"]);
  expect(last()).toMatchObject([{ language: "en", text: "Hello", guessed: "" }]);
});

test("where it is known, a file is in that one or a target", async () => {
  render(<Chosen source="en" />);
  await bring("talk.srt", utf8("Hello"));
  expect(languages()).toEqual(["Which language?", "Spanish", "English"]);
});

test("an old encoding is told, and follows the language; the file can be chosen again", async () => {
  render(<Chosen />);
  const input = await bring("talk.srt", new Uint8Array([0xcf, 0xf0, 0xe8]));
  await screen.findByText(/read as windows-1252/);
  await userEvent.selectOptions(screen.getByRole("combobox"), "ru");
  await screen.findByText(/read as windows-1251/);
  await waitFor(() => expect(last()?.[0]?.text).toBe("При"));
  expect(input.value).toBe("");
});

test("with several videos it is said that they belong to one", async () => {
  items.push(newItem("a", "a.mp4", {}), newItem("b", "b.mp4", {}));
  render(<Chosen />);
  await bring("talk.es.srt", utf8("Hola"));
  expect(screen.getByText(messages["lack.oneVideo"])).toBeTruthy();
});
