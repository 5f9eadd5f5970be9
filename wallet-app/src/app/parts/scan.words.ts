/** Reading a square code, in three languages. */

export const scanWords = {
  title: { fi: 'Lue ruutukoodi', sv: 'Läs in en rutkod', en: 'Read a square code' },
  why: {
    fi: 'Kamera lukee vain koodin. Kuva ei tallennu eikä lähde laitteeltasi. Selain kysyy seuraavaksi luvan kameraan.',
    sv: 'Kameran läser bara koden. Bilden sparas inte och lämnar inte din enhet. Webbläsaren frågar härnäst om den får använda kameran.',
    en: 'The camera only reads the code. The picture is not kept and does not leave your device. The browser will now ask whether it may use the camera.',
  },
  camera: { fi: 'Käytä kameraa', sv: 'Använd kameran', en: 'Use the camera' },
  starting: { fi: 'Käynnistetään kameraa…', sv: 'Kameran startas…', en: 'Starting the camera…' },
  looking: {
    fi: 'Kamera on päällä. Pidä koodi kuvan keskellä.',
    sv: 'Kameran är på. Håll koden mitt i bilden.',
    en: 'The camera is on. Hold the code in the middle of the picture.',
  },
  stop: { fi: 'Sulje kamera', sv: 'Stäng kameran', en: 'Stop the camera' },
  image: { fi: 'Valitse kuva, jossa koodi on', sv: 'Välj en bild med koden', en: 'Choose a picture of the code' },
  reading: { fi: 'Luetaan kuvaa…', sv: 'Läser bilden…', en: 'Reading the picture…' },
  view: { fi: 'Kameran kuva', sv: 'Kamerabilden', en: 'What the camera sees' },
  nothing: {
    fi: 'Kuvassa ei näy koodia. Ota kuva lähempää ja hyvässä valossa.',
    sv: 'Ingen kod syns i bilden. Ta bilden närmare och i bra ljus.',
    en: 'There is no code in the picture. Take it from nearer, in good light.',
  },
} as const;
