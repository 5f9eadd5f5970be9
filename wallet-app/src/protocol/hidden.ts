/** Characters that hide something from people. */

/**
 * A character that people would not see, or that makes them see others differently: controls, Default_Ignorable_Code_Point of
 * Unicode 17, separators of lines and paragraphs, annotations, the Braille pattern without a dot. Written out, since the
 * browser's own tables may be of another version of Unicode.
 */
const HIDDEN = new RegExp(
  '[\\u{0}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}-\\u{1160}\\u{17b4}-\\u{17b5}\\u{180b}-\\u{180f}' +
    '\\u{200b}-\\u{200f}\\u{2028}-\\u{2029}\\u{202a}-\\u{202e}\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}' +
    '\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fff8}\\u{fff9}-\\u{fffb}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'u',
);

/** Whether text has a character that is not shown as it is. */
export function hasHidden(text: string): boolean {
  return HIDDEN.test(text);
}
