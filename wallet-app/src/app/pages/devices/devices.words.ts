/** Devices and recovery, in three languages. */

import type { Words } from '../../../protocol/words.ts';

export const devicesWords = {
  looking: { fi: 'Katsotaan laitteita…', sv: 'Tittar på enheterna…', en: 'Looking at the devices…' },
  working: { fi: 'Hetki, tehdään…', sv: 'Ett ögonblick…', en: 'One moment…' },
  list: {
    lead: {
      fi: 'Näillä laitteilla voi vastata puolestasi. Joka laitteella on omat avaimensa.',
      sv: 'Med dessa enheter går det att svara i ditt namn. Varje enhet har sina egna nycklar.',
      en: 'With these devices one can answer in your name. Each has keys of its own.',
    },
    title: { fi: 'Laitteesi', sv: 'Dina enheter', en: 'Your devices' },
    own: { fi: 'Tämä laite', sv: 'Den här enheten', en: 'This device' },
    other: { fi: 'Muu laite', sv: 'En annan enhet', en: 'Another device' },
    otherWhat: {
      fi: 'Aitta on käytössä myös tällä laitteella. Jos et tunnista sitä, poista se.',
      sv: 'Aitta används också på den här enheten. Känner du inte igen den, ta bort den.',
      en: 'Aitta is in use on this device, too. If you do not know it, remove it.',
    },
    where: { fi: 'Käytössä', sv: 'I bruk hos', en: 'In use at' },
    may: { fi: 'Laitteella voi', sv: 'Med den går det att', en: 'With it one can' },
    all: {
      fi: 'vastata puolestasi sekä lisätä ja poistaa laitteita',
      sv: 'svara i ditt namn och lägga till och ta bort enheter',
      en: 'answer in your name, and add and remove devices',
    },
    signs: { fi: 'vastata puolestasi', sv: 'svara i ditt namn', en: 'answer in your name' },
    nowhere: {
      fi: 'ei vielä missään organisaatiossa',
      sv: 'ännu inte hos någon organisation',
      en: 'at no organisation yet',
    },
    add: { fi: 'Lisää laite', sv: 'Lägg till en enhet', en: 'Add a device' },
    out: {
      fi: 'Tällä laitteella ei voi enää vastata puolestasi',
      sv: 'Med den här enheten går det inte längre att svara i ditt namn',
      en: 'This device can no longer answer in your name',
    },
    outWhat: {
      fi: 'Se on poistettu toisella laitteella, tai Aitta on palautettu toiselle laitteelle.',
      sv: 'Den har tagits bort på en annan enhet, eller så har Aitta återställts till en annan enhet.',
      en: 'It was removed on another device, or Aitta was recovered to another device.',
    },
    outAct: { fi: 'Mitä voin tehdä?', sv: 'Vad kan jag göra?', en: 'What can I do?' },
  },
  remove: {
    ask: (device: Words): Words => ({
      fi: `Poista: ${device.fi}…`,
      sv: `Ta bort: ${device.sv}…`,
      en: `Remove: ${device.en}…`,
    }),
    means: {
      fi: 'Laite lakkaa toimimasta kaikissa organisaatioissa. Sillä aiemmin annetut luvat jäävät voimaan, ellet kerro alla, milloin se katosi.',
      sv: 'Enheten slutar fungera hos alla organisationer. Tillstånd som getts med den gäller fortfarande, om du inte nedan berättar när den försvann.',
      en: 'The device stops working at all organisations. Consents given with it stay in force, unless you say below when it was lost.',
    },
    since: {
      fi: 'Milloin laite katosi? Voit jättää tyhjäksi.',
      sv: 'När försvann enheten? Du kan lämna tomt.',
      en: 'When was the device lost? You may leave this empty.',
    },
    sinceHint: {
      fi: 'Mitä laitteella on tehty tuosta päivästä lähtien, ei ole voimassa.',
      sv: 'Det som har gjorts med enheten från och med den dagen gäller inte.',
      en: 'What was done with the device from that day on does not count.',
    },
    act: { fi: 'Poista laite kaikkialta', sv: 'Ta bort enheten överallt', en: 'Remove the device everywhere' },
    not: { fi: 'Älä poista', sv: 'Ta inte bort', en: 'Do not remove it' },
    removed: { fi: 'Laite on poistettu.', sv: 'Enheten har tagits bort.', en: 'The device is removed.' },
  },
  outcome: {
    done: { fi: 'Tehty', sv: 'Gjort', en: 'Done' },
    byHolder: { fi: 'valmis', sv: 'klart', en: 'done' },
    byLog: {
      fi: 'ei vastaa juuri nyt, mutta saa tiedon heti kun se taas toimii',
      sv: 'svarar inte just nu, men får veta det så snart den fungerar igen',
      en: 'does not answer right now, but hears of it as soon as it works again',
    },
    failed: { fi: 'Tätä ei voitu tehdä', sv: 'Det här kunde inte göras', en: 'This could not be done' },
    later: {
      fi: 'Aitta muistaa, mitä jäi kesken. Voit yrittää myös itse uudelleen.',
      sv: 'Aitta minns vad som inte blev klart. Du kan också försöka igen själv.',
      en: 'Aitta remembers what is not finished. You can also try again yourself.',
    },
    unfinished: { fi: 'Jotakin on kesken', sv: 'Något är inte klart', en: 'Something is not finished' },
  },
  renew: {
    title: {
      fi: 'Vaihda tämän laitteen avaimet',
      sv: 'Byt den här enhetens nycklar',
      en: 'Change the keys of this device',
    },
    why: {
      fi: 'Jos epäilet, että joku on päässyt käyttämään tätä laitetta. Vanhat avaimet lakkaavat toimimasta, ja uudet tulevat tilalle. Luvat jäävät voimaan.',
      sv: 'Om du misstänker att någon har använt den här enheten. De gamla nycklarna slutar fungera och nya kommer i stället. Tillstånden gäller fortfarande.',
      en: 'For when you suspect that somebody has used this device. The old keys stop working, and new ones come in their place. Consents stay in force.',
    },
    act: { fi: 'Vaihda avaimet', sv: 'Byt nycklar', en: 'Change the keys' },
  },
  paper: {
    title: { fi: 'Palautuskoodi', sv: 'Återställningskoden', en: 'The recovery code' },
    what: {
      fi: 'Jos kadotat kaikki laitteesi, pääset takaisin paperilla olevalla koodilla. Palautus alkaa uudella laitteella ja tulee voimaan 72 tunnin kuluttua. Sinä aikana voit perua väärän palautuksen tällä laitteella.',
      sv: 'Om du förlorar alla dina enheter kommer du tillbaka med koden på papper. Återställningen börjar på en ny enhet och träder i kraft efter 72 timmar. Under den tiden kan du avbryta en falsk återställning på den här enheten.',
      en: 'If you lose all your devices, you get back in with the code on paper. A recovery begins on a new device and takes effect after 72 hours. Until then you can cancel a false one on this device.',
    },
    joined: (whom: Words): Words => ({
      fi: `Näille koodi on kirjoitettava kerran uudelleen, ennen kuin voit kirjautua niihin: ${whom.fi}.`,
      sv: `För dessa måste koden skrivas en gång till innan du kan logga in där: ${whom.sv}.`,
      en: `For these the code has to be typed once more before you can log in there: ${whom.en}.`,
    }),
    act: { fi: 'Tallenna koodi näille', sv: 'Spara koden för dessa', en: 'Take the code in for these' },
    taken: { fi: 'Koodi on tallessa kaikille.', sv: 'Koden är sparad för alla.', en: 'The code is taken in for all.' },
    lost: {
      fi: 'Jos laitteesi katosi, toimi uudella laitteella näin',
      sv: 'Om din enhet är borta, gör så här på en ny enhet',
      en: 'If your device is lost, do this on a new device',
    },
  },
  newPaper: {
    title: { fi: 'Tee uusi palautuskoodi', sv: 'Gör en ny återställningskod', en: 'Make a new recovery code' },
    when: {
      fi: 'Tee uusi koodi, jos paperi on kadonnut tai joku muu on voinut nähdä koodin.',
      sv: 'Gör en ny kod om papperet är borta eller om någon annan kan ha sett koden.',
      en: 'Make a new code if the paper is lost, or if somebody else may have seen the code.',
    },
    old: {
      fi: 'Vanha koodi lakkaa toimimasta, kun uusi on ollut voimassa 72 tuntia. Odotus suojaa sinua: jos joku muu vaihtaisi koodisi, saisit Aittasi takaisin vanhalla.',
      sv: 'Den gamla koden slutar fungera när den nya har gällt i 72 timmar. Väntan skyddar dig: om någon annan bytte din kod kunde du få tillbaka din Aitta med den gamla.',
      en: 'The old code stops working once the new one has counted for 72 hours. The wait protects you: if somebody else changed your code, you could get your Aitta back with the old one.',
    },
    make: { fi: 'Näytä uusi koodi', sv: 'Visa den nya koden', en: 'Show the new code' },
    done: {
      fi: 'Uusi palautuskoodi on voimassa',
      sv: 'Den nya återställningskoden gäller',
      en: 'The new recovery code counts',
    },
    not: (whom: Words): Words => ({
      fi: `Koodia ei voi juuri nyt vaihtaa tällä laitteella: ${whom.fi}`,
      sv: `Koden kan inte bytas på den här enheten just nu: ${whom.sv}`,
      en: `The code cannot be changed on this device right now: ${whom.en}`,
    }),
    notWhy: {
      fi: 'Vaihda se laitteella, jolla aloitit Aitan käytön. Jos palautus on kesken, odota ensin, että se päättyy, tai peru se.',
      sv: 'Byt den på den enhet som du började använda Aitta med. Om en återställning pågår, vänta först tills den är klar eller avbryt den.',
      en: 'Change it on the device with which you first began with Aitta. If a recovery is under way, first wait until it is over, or cancel it.',
    },
    keep: {
      fi: 'Jos vanha paperi on tallella, säilytä se siihen asti.',
      sv: 'Om du har kvar det gamla papperet, behåll det till dess.',
      en: 'If you still have the old paper, keep it until then.',
    },
    back: { fi: 'Laitteet ja palautus', sv: 'Enheter och återställning', en: 'Devices and recovery' },
  },
  waiting: {
    title: {
      fi: 'Joku palauttaa Aittaasi toiselle laitteelle',
      sv: 'Någon återställer din Aitta till en annan enhet',
      en: 'Somebody is recovering your Aitta to another device',
    },
    means: {
      fi: 'Jos et tee mitään, tämä laite lakkaa toimimasta siellä ja toinen laite tulee tilalle.',
      sv: 'Om du inte gör något slutar den här enheten fungera där, och den andra kommer i stället.',
      en: 'If you do nothing, this device stops working there and the other one comes in its place.',
    },
    by: {
      code: {
        fi: 'Aloitettu paperilla olevalla palautuskoodilla.',
        sv: 'Påbörjad med återställningskoden på papper.',
        en: 'Begun with the recovery code on paper.',
      },
      'code-and-login': {
        fi: 'Aloitettu palautuskoodilla ja kirjautumalla sinun nimelläsi.',
        sv: 'Påbörjad med återställningskoden och en inloggning i ditt namn.',
        en: 'Begun with the recovery code and a login in your name.',
      },
      desk: {
        fi: 'Aloitettu organisaation asiakaspalvelussa, ilman palautuskoodia.',
        sv: 'Påbörjad hos organisationens kundtjänst, utan återställningskoden.',
        en: 'Begun at the organisation’s service desk, without the recovery code.',
      },
    },
    begun: { fi: 'Aloitettu', sv: 'Påbörjad', en: 'Begun' },
    counts: { fi: '72 tuntia alkoi', sv: '72 timmar började', en: 'The 72 hours began' },
    notYet: {
      fi: 'ei vielä: aika alkaa, kun palautus on kirjattu, yleensä minuutissa',
      sv: 'ännu inte: tiden börjar när återställningen har antecknats, oftast inom en minut',
      en: 'not yet: the time begins once the recovery is on record, mostly within a minute',
    },
    due: { fi: 'Tulee voimaan', sv: 'Träder i kraft', en: 'Takes effect' },
    unknown: { fi: 'ei vielä tiedossa', sv: 'ännu inte känt', en: 'not known yet' },
    cancel: { fi: 'Se en ole minä: peru', sv: 'Det är inte jag: avbryt', en: 'This is not me: cancel it' },
    paper: {
      fi: 'Tämän voi perua vain palautuskoodilla. Ota myös heti yhteyttä organisaatioon.',
      sv: 'Det här kan bara avbrytas med återställningskoden. Kontakta också organisationen genast.',
      en: 'Only the recovery code cancels this. Call the organisation at once, too.',
    },
    cancelled: { fi: 'Palautus on peruttu.', sv: 'Återställningen är avbruten.', en: 'The recovery is cancelled.' },
    itIsMe: {
      fi: 'Jos aloitit sen itse, sinun ei tarvitse tehdä mitään.',
      sv: 'Om du började den själv behöver du inte göra något.',
      en: 'If you began it yourself, there is nothing to do.',
    },
  },
  add: {
    title: { fi: 'Lisää laite', sv: 'Lägg till en enhet', en: 'Add a device' },
    open: (where: Words): Words => ({
      fi: `Avaa uudella laitteella ${where.fi}.`,
      sv: `Öppna ${where.sv} på den nya enheten.`,
      en: `On the new device, open ${where.en}.`,
    }),
    choose: {
      fi: 'Valitse siellä: ”Minulla on jo Aitta toisella laitteella”. Se näyttää koodin.',
      sv: 'Välj där: ”Jag har redan Aitta på en annan enhet”. Den visar en kod.',
      en: 'Choose there: “I have Aitta on another device already”. It shows a code.',
    },
    paste: {
      fi: 'Lue koodi kameralla tai liitä se tähän, ja anna laitteelle nimi. Ota koodi vain omalta laitteeltasi.',
      sv: 'Läs in koden med kameran eller klistra in den här, och ge enheten ett namn. Ta koden bara från en egen enhet.',
      en: 'Read the code with the camera or paste it here, and give the device a name. Take the code from a device of your own only.',
    },
    other: {
      fi: 'Tässä koodissa on jotakin muuta kuin laitteen koodi. Sitä ei käytetty.',
      sv: 'Den här koden innehåller något annat än en enhets kod. Den användes inte.',
      en: "This holds something else than a device's code. It was not used.",
    },
    notAllowed: {
      fi: 'Kameraa ei saatu käyttöön. Salli kamera selaimen asetuksissa, valitse kuva tai liitä koodi.',
      sv: 'Kameran kunde inte användas. Tillåt kameran i webbläsarens inställningar, välj en bild eller klistra in koden.',
      en: 'The camera could not be used. Allow it in the settings of the browser, choose a picture, or paste the code.',
    },
    code: { fi: 'Uuden laitteen koodi', sv: 'Den nya enhetens kod', en: 'Code of the new device' },
    name: { fi: 'Laitteen nimi', sv: 'Enhetens namn', en: 'Name of the device' },
    nameHint: {
      fi: 'Esimerkiksi: puhelin, kotikone. Nimi näkyy vain sinulle.',
      sv: 'Till exempel: telefon, hemdator. Namnet syns bara för dig.',
      en: 'Such as: phone, computer at home. Only you see the name.',
    },
    nameMissing: { fi: 'Anna laitteelle nimi.', sv: 'Ge enheten ett namn.', en: 'Give the device a name.' },
    manages: {
      fi: 'Laite voi myös lisätä ja poistaa laitteita. Silloin voit poistaa sillä tämän laitteen, jos tämä katoaa.',
      sv: 'Enheten kan också lägga till och ta bort enheter. Då kan du ta bort den här enheten med den, om den här försvinner.',
      en: 'The device may also add and remove devices. Then you can remove this one with it, if this one is lost.',
    },
    act: { fi: 'Lisää tämä laite', sv: 'Lägg till enheten', en: 'Add this device' },
    added: { fi: 'Laite on lisätty', sv: 'Enheten är tillagd', en: 'The device is added' },
    next: {
      fi: 'Jatka nyt uudella laitteella: paina siellä ”Vanha laite on valmis” ja kirjaudu.',
      sv: 'Fortsätt nu på den nya enheten: tryck där på ”Den gamla enheten är klar” och logga in.',
      en: 'Go on with the new device now: press “The old device is done” there, and log in.',
    },
  },
  fresh: {
    title: { fi: 'Tämä on uusi laitteeni', sv: 'Det här är min nya enhet', en: 'This is my new device' },
    open: {
      fi: 'Avaa vanhalla laitteella Aitta: Laitteet ja palautus, ”Lisää laite”.',
      sv: 'Öppna Aitta på den gamla enheten: Enheter och återställning, ”Lägg till en enhet”.',
      en: 'Open Aitta on the old device: Devices and recovery, “Add a device”.',
    },
    show: {
      fi: 'Näytä tai lähetä sille tämä koodi. Koodissa ei ole salaisuuksia, mutta anna se vain omalle laitteellesi.',
      sv: 'Visa eller skicka den här koden till den. Koden innehåller inga hemligheter, men ge den bara till din egen enhet.',
      en: 'Show or send this code to it. The code holds no secret, but give it to your own device only.',
    },
    square: {
      fi: 'Tämän laitteen koodi ruutuina',
      sv: 'Enhetens kod som rutor',
      en: 'Code of this device, as squares',
    },
    text: { fi: 'Koodi tekstinä', sv: 'Koden som text', en: 'The code as text' },
    copy: { fi: 'Kopioi koodi', sv: 'Kopiera koden', en: 'Copy the code' },
    copied: { fi: 'Koodi on kopioitu.', sv: 'Koden är kopierad.', en: 'The code is copied.' },
    then: {
      fi: 'Kun vanha laite sanoo, että laite on lisätty, jatka tästä.',
      sv: 'När den gamla enheten säger att enheten är tillagd, fortsätt här.',
      en: 'Once the old device says that the device is added, go on here.',
    },
    act: { fi: 'Vanha laite on valmis', sv: 'Den gamla enheten är klar', en: 'The old device is done' },
    notYet: {
      fi: 'Tätä laitetta ei ole vielä lisätty missään. Tarkista vanhasta laitteesta, onnistuiko lisääminen.',
      sv: 'Den här enheten har ännu inte lagts till någonstans. Kontrollera på den gamla enheten om det lyckades.',
      en: 'This device has not been added anywhere yet. Look at the old device whether it worked.',
    },
    logIn: {
      fi: 'Laite on lisätty. Kirjaudu vielä kerran kuhunkin, niin näet tietosi.',
      sv: 'Enheten är tillagd. Logga in en gång till hos var och en, så ser du dina uppgifter.',
      en: 'The device is added. Log in once at each, and you see your data.',
    },
    connected: { fi: 'yhdistetty', sv: 'ansluten', en: 'connected' },
    home: { fi: 'Siirry etusivulle', sv: 'Gå till startsidan', en: 'Go to the home page' },
  },
  recover: {
    title: { fi: 'Aitta uudelle laitteelle', sv: 'Aitta till en ny enhet', en: 'Aitta on a new device' },
    have: {
      title: {
        fi: 'Vanha laite on tallessa',
        sv: 'Jag har den gamla enheten kvar',
        en: 'I still have the old device',
      },
      what: {
        fi: 'Lisää tämä laite vanhan avulla. Se käy heti.',
        sv: 'Lägg till den här enheten med hjälp av den gamla. Det går genast.',
        en: 'Add this device with the help of the old one. That works at once.',
      },
      act: { fi: 'Näytä tämän laitteen koodi', sv: 'Visa den här enhetens kod', en: 'Show the code of this device' },
    },
    lost: {
      title: { fi: 'Laite katosi tai hajosi', sv: 'Enheten är borta eller trasig', en: 'The device is lost or broken' },
      what: {
        fi: 'Kirjoita palautuskoodi paperista. Palautus tulee voimaan 72 tunnin kuluttua siitä, kun se on kirjattu. Odotus suojaa sinua: jos joku muu käyttäisi paperiasi, ehdit huomata sen ja perua.',
        sv: 'Skriv återställningskoden från papperet. Återställningen träder i kraft 72 timmar efter att den har antecknats. Väntan skyddar dig: om någon annan använde ditt papper hinner du märka det och avbryta.',
        en: 'Type the recovery code from the paper. The recovery takes effect 72 hours after it was put on record. The wait protects you: if somebody else used your paper, you have time to notice and cancel.',
      },
      since: {
        fi: 'Milloin laite katosi? Voit jättää tyhjäksi.',
        sv: 'När försvann enheten? Du kan lämna tomt.',
        en: 'When was the device lost? You may leave this empty.',
      },
      act: { fi: 'Aloita palautus', sv: 'Börja återställningen', en: 'Begin the recovery' },
      again: { fi: 'Kirjoita koodi uudelleen', sv: 'Skriv koden på nytt', en: 'Type the code again' },
    },
    stands: { fi: 'Palautuksesi', sv: 'Din återställning', en: 'Your recovery' },
    waits: {
      fi: 'Odottaa. Sinun ei tarvitse tehdä mitään. Voit sulkea Aitan ja palata tänne myöhemmin.',
      sv: 'Väntar. Du behöver inte göra något. Du kan stänga Aitta och komma tillbaka hit senare.',
      en: 'It waits. There is nothing to do. You may close Aitta and come back here later.',
    },
    recovered: {
      fi: 'Valmis: kirjaudu vielä kerran, niin näet tietosi.',
      sv: 'Klart: logga in en gång till, så ser du dina uppgifter.',
      en: 'Done: log in once more, and you see your data.',
    },
    nothing: {
      fi: 'Kukaan vastanneista ei tunne tätä koodia. Onko paperi viimeksi tulostamasi? Jos et ole vielä käyttänyt Aittaa, aloita alusta etusivulta.',
      sv: 'Ingen av dem som svarade känner till koden. Är papperet det som du skrev ut senast? Om du inte har använt Aitta ännu, börja från startsidan.',
      en: 'Nobody who answered knows this code. Is the paper the one that you printed last? If you have not used Aitta before, begin on the home page.',
    },
    newPaper: {
      fi: 'Säilytä paperi: sama koodi kelpaa edelleen. Jos joku muu on voinut nähdä sen, tee uusi.',
      sv: 'Behåll papperet: samma kod gäller fortfarande. Om någon annan kan ha sett den, gör en ny.',
      en: 'Keep the paper: the same code still counts. If somebody else may have seen it, make a new one.',
    },
    unasked: (whom: Words): Words => ({
      fi: `Näitä ei ole vielä tavoitettu: ${whom.fi}. Kirjoita koodi myöhemmin uudelleen: kukaan ei säilytä sitä.`,
      sv: `Dessa har inte nåtts ännu: ${whom.sv}. Skriv koden på nytt senare: ingen sparar den.`,
      en: `These were not reached yet: ${whom.en}. Type the code again later: nobody keeps it.`,
    }),
    out: (whom: Words): Words => ({
      fi: `Tämä laite ei ole käytössä: ${whom.fi}`,
      sv: `Den här enheten är inte i bruk: ${whom.sv}`,
      en: `This device is not in use: ${whom.en}`,
    }),
    outWhat: {
      fi: 'Palautus peruttiin toisella laitteella, tai tämä laite poistettiin. Jos et tehnyt sitä itse, jollakin muulla on laitteesi: lue alta, mitä tehdä.',
      sv: 'Återställningen avbröts på en annan enhet, eller så togs den här enheten bort. Om du inte gjorde det själv har någon annan din enhet: läs nedan vad du gör.',
      en: 'The recovery was cancelled on another device, or this device was removed. If you did not do that yourself, somebody else has your device: read below what to do.',
    },
    thief: {
      title: {
        fi: 'Onko vanha laitteesi jollakin muulla?',
        sv: 'Har någon annan din gamla enhet?',
        en: 'Does somebody else have your old device?',
      },
      what: {
        fi: 'Hän voisi perua palautuksen. Jos kirjaudut sisään omana itsenäsi, hän ei voi. Palautus kestää silloinkin 72 tuntia.',
        sv: 'De kunde avbryta återställningen. Om du loggar in som dig själv kan de inte det. Återställningen tar även då 72 timmar.',
        en: 'They could cancel the recovery. If you log in as yourself, they cannot. The recovery takes 72 hours then, too.',
      },
      act: { fi: 'Palauta kirjautumalla', sv: 'Återställ med inloggning', en: 'Recover with a login' },
    },
    look: { fi: 'Katso tilanne uudelleen', sv: 'Se läget på nytt', en: 'Look again' },
  },
} as const;
