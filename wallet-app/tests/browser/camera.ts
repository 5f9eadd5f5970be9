/** A camera that sees what the test shows it. */

import { writeFile } from 'node:fs/promises';

import type { Page } from 'playwright-core';

/** The size of a plain camera's picture, in pixels. */
const [WIDTH, HEIGHT] = [640, 480];
/** No colour, in the planes that carry it. */
const GREY = 128;

/** The arguments with which a browser has such a camera. Whether a page may use it, the person says. */
export function cameraThatSees(film: string): readonly string[] {
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`];
}

/** Films a picture (PNG): one frame of uncompressed video (YUV4MPEG2), which the browser shows again and again. `page` has no policy. */
export async function film(page: Page, png: Buffer, path: string): Promise<void> {
  const light = await page.evaluate(
    async ({ encoded, width, height }) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${encoded}`)).blob());
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.fillStyle = 'white';
      context.fillRect(0, 0, width, height);
      const side = height - 40;
      context.drawImage(picture, (width - side) / 2, 20, side, side);
      const { data } = context.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, at) => data[4 * at] ?? 0);
    },
    { encoded: png.toString('base64'), width: WIDTH, height: HEIGHT },
  );
  const head = `YUV4MPEG2 W${String(WIDTH)} H${String(HEIGHT)} F10:1 Ip A1:1 C420jpeg\nFRAME\n`;
  await writeFile(path, Buffer.concat([Buffer.from(head), Buffer.from(light), Buffer.alloc(light.length / 2, GREY)]));
}
