'use strict';

// While a request waits, or holders are asked, looks again and again, and shows what came without a reload. Without this script a button
// does it.
{
  const AGAIN_MS = 3000;
  const status = document.getElementById('status');
  const answer = document.getElementById('answer');

  const show = (page) => {
    const now = page?.getElementById('status');
    const found = page?.getElementById('answer');
    if (!now || !found || (now.dataset.state === status.dataset.state && now.dataset.state !== 'fetching')) return;
    status.dataset.state = now.dataset.state;
    status.textContent = now.textContent;
    answer.replaceChildren(...found.childNodes);
  };

  const look = () => {
    if (document.hidden) return later();
    const request = new XMLHttpRequest();
    request.open('GET', location.pathname);
    // The browser reads the page itself: no markup passes through this script.
    request.responseType = 'document';
    request.onload = () => show(request.response);
    request.onloadend = later;
    request.send();
  };

  const later = () => {
    if (['waiting', 'fetching'].includes(status.dataset.state)) setTimeout(look, AGAIN_MS);
  };

  if (status && answer) later();
}
