import { afterEach, beforeEach, expect, test } from "vitest";
import { Polydub } from "../src/index.js";
import { FileUpload } from "../src/uploads.js";
import { PlayedGateway } from "./gateway.js";

let gateway: PlayedGateway;

beforeEach(async () => {
  gateway = await PlayedGateway.open();
});
afterEach(() => gateway.close());

const TUS = { "Tus-Resumable": "1.0.0" };
const file = () => Buffer.from("0123456789");

test("a file goes out and comes back as a video", async () => {
  gateway
    .next((_, r) => r.writeHead(201, { ...TUS, Location: `${gateway.url}/v1/uploads/upl_1` }).end())
    .next((_, r) => r.writeHead(204, { ...TUS, "Upload-Offset": "10" }).end())
    .json(200, { state: "processing", video: null, error: null })
    .json(200, { state: "completed", video: { id: "vid_1" }, error: null });
  const addresses: string[] = [];
  const polydub = new Polydub({ baseUrl: gateway.url, auth: { apiKey: "pdk_1" } });
  const upload = new FileUpload(polydub, file(), {
    filename: "talk.mp4",
    onAddress: (address) => addresses.push(address),
  });
  upload.start();
  expect(await upload.video).toMatchObject({ id: "vid_1" });
  expect(addresses).toEqual([`${gateway.url}/v1/uploads/upl_1`]);
  expect(gateway.seen.map((each) => each.method)).toEqual(["POST", "PATCH", "GET", "GET"]);
  expect(gateway.seen[0]?.headers["upload-metadata"]).toBe(`filename ${btoa("talk.mp4")}`);
  expect(gateway.seen[1]?.headers["x-api-key"]).toBe("pdk_1");
});

test("an upload goes on where it was", async () => {
  gateway
    .next((_, r) => r.writeHead(200, { ...TUS, "Upload-Offset": "6", "Upload-Length": "10" }).end())
    .next((_, r) => r.writeHead(204, { ...TUS, "Upload-Offset": "10" }).end())
    .json(200, { state: "completed", video: { id: "vid_1" }, error: null });
  const polydub = new Polydub({ baseUrl: gateway.url });
  const upload = new FileUpload(polydub, file(), { address: `${gateway.url}/v1/uploads/upl_1` });
  upload.start();
  await upload.video;
  expect(gateway.seen.map((each) => each.method)).toEqual(["HEAD", "PATCH", "GET"]);
  expect(gateway.seen[1]?.body).toBe("6789");
});

test("a refusal of the gateway is told as it is", async () => {
  gateway.json(413, { code: "media_too_large", detail: "Too large.", retryable: false }, TUS);
  const upload = new FileUpload(new Polydub({ baseUrl: gateway.url }), file());
  upload.start();
  await expect(upload.video).rejects.toMatchObject({ code: "media_too_large", status: 413 });
});
