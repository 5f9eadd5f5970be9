/** Beginning anew from the first page: nothing that this window still has in its memory is used again. */

export function beginAnew(): void {
  history.replaceState(null, '', '/');
  location.reload();
}

/** The wallet was forgotten on this device, here or in another window: what this one wrote down beside it goes too. */
export function beginForgotten(): void {
  localStorage.clear();
  sessionStorage.clear();
  beginAnew();
}
