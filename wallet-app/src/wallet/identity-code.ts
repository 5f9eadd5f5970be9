/** The national identity code (henkilötunnus), as a person types it. */

/** Day, month and year; the sign of the century; a number; the check character. */
const CODE = /^(\d{6})[-+A-FU-Y](\d{3})([0-9A-Y])$/;
/** The remainder of the division by 31 chooses the check character. */
const CHECK_CHARACTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** As registers and holders write it; null when it is mistyped: a search for another code would find nothing, and say nothing. */
export function identityCode(typed: string): string | null {
  const code = typed.replace(/\s/g, '').toUpperCase();
  const [, date = '', number = '', check] = CODE.exec(code) ?? [];
  return check !== undefined && CHECK_CHARACTERS[Number(date + number) % 31] === check ? code : null;
}
