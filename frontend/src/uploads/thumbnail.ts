const WIDTH = 320;
const WITHIN_MS = 8000;
/** Beginnings are often black. */
const AT_S = 1.5;

/** A picture of a video file; null where the browser can't show the file. */
export async function thumbnailOf(file: Blob): Promise<string | null> {
  const video = document.createElement("video");
  const source = URL.createObjectURL(file);
  video.muted = true;
  video.preload = "metadata";
  video.src = source;
  try {
    await happened(video, "loadedmetadata");
    if (!video.videoWidth) return null;
    video.currentTime = Math.min(AT_S, video.duration / 2 || 0);
    await happened(video, "seeked");
    return await drawn(video);
  } catch {
    return null; // not a format that browsers play: the gateway may well read it
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(source);
  }
}

async function drawn(video: HTMLVideoElement): Promise<string | null> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", 0.8);
  });
  return blob && URL.createObjectURL(blob);
}

function happened(video: HTMLVideoElement, event: "loadedmetadata" | "seeked"): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The browser took too long.")), WITHIN_MS);
    const settle = (done: () => void) => () => {
      clearTimeout(timer);
      done();
    };
    video.addEventListener(event, settle(resolve), { once: true });
    video.addEventListener(
      "error",
      settle(() => reject(new Error("The browser can't read it."))),
      { once: true },
    );
  });
}
