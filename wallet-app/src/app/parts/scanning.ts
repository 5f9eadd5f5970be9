/** Reading a square code (QR) out of a camera or a picture, on this device alone. Loaded only when somebody does. */

import { decodeQR } from 'qr/decode.js';

/** Longer side of what is looked at, in pixels: enough for a link's code, and quick on an old telephone. */
const MAX_SIDE = 1000;
/** How often the camera's picture is looked at, in milliseconds: often enough for a hand, seldom enough for a battery. */
const LOOK_EVERY_MS = 200;
/** How long one picture may be searched beyond the least, in milliseconds. */
const PICTURE_TIME_MS = 2000;

/** The text in a picture's code; null when it shows none. @throws when it is no picture. */
export async function readPicture(file: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(file);
  try {
    return textIn(bitmap, bitmap.width, bitmap.height, PICTURE_TIME_MS);
  } finally {
    bitmap.close();
  }
}

/** Looks through a video that plays until it shows a code or `signal` says to stop; null then. */
export async function readVideo(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  while (!signal.aborted) {
    if (video.videoWidth > 0) {
      const text = textIn(video, video.videoWidth, video.videoHeight);
      if (text !== null) return text;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

function textIn(picture: CanvasImageSource, width: number, height: number, timeLimit?: number): string | null {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  // A picture may be see-through: a code is dark on white.
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  try {
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    return decodeQR(pixels, timeLimit === undefined ? {} : { timeLimit });
  } catch {
    // That is how the decoder says that it found none.
    return null;
  }
}
