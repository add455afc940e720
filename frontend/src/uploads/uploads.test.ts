import { act, renderHook } from "@testing-library/react";
import type { TFunction } from "i18next";
import type { Video } from "polydub-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const state = vi.hoisted(() => ({ dubs: [] as object[], end: (_: object) => {} }));
const http = vi.hoisted(() => ({
  GET: vi.fn((path: string) => {
    if (path === "/v1/dubs") return Promise.resolve({ data: { dubs: state.dubs } });
    const data = path === "/v1/videos/{video_id}" ? video : { state: "receiving", offset: 3 };
    return Promise.resolve({ data, response: new Response() });
  }),
  DELETE: vi.fn(() => Promise.resolve({ data: undefined, response: new Response() })),
}));
vi.mock("../api/polydub", () => ({ polydub: { http } }));
vi.mock("./thumbnail", () => ({ thumbnailOf: () => Promise.resolve(null) }));
vi.mock("polydub-client/uploads", () => ({
  FileUpload: class {
    readonly video = new Promise((resolve) => (state.end = resolve));
    constructor(_: unknown, __: unknown, { onAddress }: { onAddress: (address: string) => void }) {
      onAddress("/v1/uploads/upl_1");
    }
    start() {}
  },
}));

const video = { id: "vid_1", filename: "earlier.mp4" } as Video;
const file = new File(["abc"], "sample.mp4", { lastModified: 5 });
const t = ((key: string) => key) as unknown as TFunction;

/** Another tab has modules of its own. */
async function openTab() {
  vi.resetModules();
  const { uploads, useUploads } = await import("./uploads");
  const { result } = renderHook(() => useUploads());
  return { uploads, shown: () => result.current };
}

/** What browsers tell the other tabs. */
const told = () =>
  act(() => {
    const [key, newValue] = ["polydub.uploads", localStorage.getItem("polydub.uploads")];
    dispatchEvent(new StorageEvent("storage", { key, newValue }));
  });

const leave = () => {
  const event = new Event("beforeunload", { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
};

async function sendIn({ uploads, shown }: Awaited<ReturnType<typeof openTab>>) {
  act(() => uploads.addFiles([file]));
  await vi.waitFor(() => expect(shown()[0]?.address).toBe("/v1/uploads/upl_1"));
}

async function finish({ shown }: Awaited<ReturnType<typeof openTab>>) {
  act(() => state.end(video));
  await vi.waitFor(() => expect(shown()[0]?.state).toBe("ready"));
}

beforeEach(() => {
  state.dubs = [];
  vi.clearAllMocks();
});
afterEach(() => vi.useRealTimers());

test("while something is sent, leaving is asked about; its name stays the one that was chosen", async () => {
  const tab = await openTab();
  expect(leave()).toBe(false);
  await sendIn(tab);
  expect(leave()).toBe(true);
  await finish(tab);
  expect(leave()).toBe(false);
  expect(tab.shown()[0]?.name).toBe("sample.mp4");
});

test("another tab says that it is sent elsewhere, and has it once it is there", async () => {
  const first = await openTab();
  await sendIn(first);
  const second = await openTab();
  await vi.waitFor(() => expect(second.shown()[0]?.state).toBe("elsewhere"));
  await finish(first);
  told();
  await vi.waitFor(() => expect(second.shown()[0]).toMatchObject({ state: "ready", video }));
  act(() => first.uploads.clear([first.shown()[0]?.id ?? ""]));
  told();
  expect(second.shown()).toEqual([]);
});

test("a tab keeps what another has kept", async () => {
  const first = await openTab();
  const second = await openTab();
  await sendIn(first);
  act(() => second.uploads.addFiles([new File(["xyz"], "other.mp4")]));
  expect(localStorage.getItem("polydub.uploads")).toContain("upl_1");
});

test("a video that is taken out is deleted after a while in which it can be had back", async () => {
  const tab = await openTab();
  await sendIn(tab);
  await finish(tab);
  vi.useFakeTimers();
  await act(() => tab.uploads.remove(tab.shown()[0]?.id ?? "", t));
  expect(tab.shown()).toEqual([]);
  act(() => tab.uploads.addFiles([file])); // whoever chooses it again wants it back
  expect(tab.shown()).toHaveLength(1);
  await act(() => tab.uploads.remove(tab.shown()[0]?.id ?? "", t));
  expect(http.DELETE).not.toHaveBeenCalled();
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(http.DELETE).toHaveBeenCalledExactlyOnceWith("/v1/videos/{video_id}", {
    params: { path: { video_id: "vid_1" } },
    keepalive: true,
  });
  expect(localStorage.getItem("polydub.uploads")).toBe("[]");
});

test("a video that there are dubs of is only taken out of the list", async () => {
  state.dubs = [{}];
  const tab = await openTab();
  await sendIn(tab);
  await finish(tab);
  vi.useFakeTimers();
  await act(() => tab.uploads.remove(tab.shown()[0]?.id ?? "", t));
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(tab.shown()).toEqual([]);
  expect(http.DELETE).not.toHaveBeenCalled();
});
