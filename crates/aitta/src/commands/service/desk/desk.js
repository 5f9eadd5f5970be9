'use strict';

// While a request waits, looks again and again, and shows the answer without a reload. Without this script a button does it.
{
  const AGAIN_MS = 3000;
  const status = document.getElementById('status');
  const answer = document.getElementById('answer');

  const show = (page) => {
    const now = page?.getElementById('status');
    const found = page?.getElementById('answer');
    if (!now || !found || now.dataset.state === status.dataset.state) return;
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
    if (status.dataset.state === 'waiting') setTimeout(look, AGAIN_MS);
  };

  if (status && answer) later();
}
