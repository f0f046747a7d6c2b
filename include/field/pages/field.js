// Drafts that survive a lost network, photos made small before they are sent, the position where it is agreed. Without it the form works.
// Two things are kept of a form: what was submitted and has not arrived (sent by itself, as it was), and a draft (waits for the button).
'use strict';
(() => {
  const words = document.documentElement.lang === 'en' ? {
    colon: ': ', kept: 'Draft kept on this phone', noRoom: 'Photos cannot be kept in the draft: leave this page open until it is sent',
    sending: 'Sending…', offline: 'No network: what you submitted is kept on this phone and will be sent as it is when the network is back, while this page is open',
    edited: 'This is a draft now: it waits for Send. What you submitted before goes out by itself, as it was; Send again to replace it',
    before: 'What you submitted before has arrived. What you changed since is a draft: it waits for Send. ', receipt: 'Receipt',
    need: 'Required',
    again: 'Not delivered, another try follows', fix: 'Not sent yet, please correct:', remove: 'Remove', photo: 'Photo',
    finding: 'Finding the position…', found: m => `Position found, within ${m} m`, lost: 'No position; the report goes without one',
    and: ', ', unread: names => `${names}: this phone cannot read it as a photo, it is left out (JPEG, PNG or WebP are read)`,
  } : {
    colon: '：', kept: '草稿已保存在本机', noRoom: '照片放不进草稿，请不要关闭本页，直到送达',
    sending: '正在提交……', offline: '没有网络：已提交的内容保存在本机，本页开着时，网络恢复后按原样自动送出',
    edited: '已改为草稿，按“提交”才送出；此前提交的内容仍按原样自动送出，再按“提交”则以现在的内容代替',
    before: '此前提交的内容已送达；之后的修改是草稿，按“提交”才送出。', receipt: '查看回执',
    need: '必填',
    again: '未送达，稍后自动重试', fix: '尚未提交，请更正：', remove: '去掉', photo: '照片',
    finding: '正在取位置……', found: m => `已取得位置，误差约${m}米`, lost: '未取得位置，不影响提交',
    and: '、', unread: names => `${names}：本机读不出这张照片，未加入（应为JPEG、PNG或WebP，可截屏后再选）`,
  };
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* none is kept */ } },
  };
  const base = new URL(document.body.dataset.base || './', location.href);
  if ('serviceWorker' in navigator && document.querySelector('[data-form],[data-answer]')) {
    navigator.serviceWorker.register(new URL('sw.js', base)).then(async () => {
      await navigator.serviceWorker.ready;
      if (!('caches' in window)) return;
      const kept = await caches.open('field-1');
      const wanted = [location.pathname, new URL('field.css', base).pathname, new URL('field.js', base).pathname,
        ...[...document.querySelectorAll('[data-form]')].map(link => link.pathname)];
      for (const path of wanted) if (!await kept.match(path)) await kept.add(path).catch(() => {});
    }).catch(() => {});
  }
  const keyOf = path => `draft ${path}`, queueOf = path => `submitted ${path}`;
  for (const note of document.querySelectorAll('[data-draft],[data-submitted]')) {
    const { pathname } = note.closest('li').querySelector('[data-form]');
    note.hidden = !store.get('draft' in note.dataset ? keyOf(pathname) : queueOf(pathname));
  }
  const form = document.querySelector('form[data-answer]');
  if (!form) return;

  const key = keyOf(location.pathname), queueKey = queueOf(location.pathname);
  const status = document.getElementById('draft-state');
  const problem = document.getElementById('problem');
  const button = form.querySelector('button[type=submit]');
  const picker = document.getElementById('photos');
  const thumbs = document.getElementById('thumbs');
  const side = Number(form.dataset.side), most = Number(form.dataset.most);
  let photos = [];
  let submitted = store.get(queueKey);  // { texts, photos }: never changed, only replaced by the button or settled by an answer
  let timer = 0, failures = 0;

  const kept = store.get('who') || {};
  for (const field of form.querySelectorAll('[data-kept]')) if (kept[field.name] && !field.value || field.name === 'inspector' && !field.value) field.value = kept[field.name] || '';
  for (const part of document.querySelectorAll('.needs-script')) part.hidden = false;

  const texts = () => [...new FormData(form)].filter(([, value]) => typeof value === 'string');
  const said = told => JSON.stringify(told.filter(([name]) => !['nonce', 'lon', 'lat', 'accuracy'].includes(name)));
  const isEdited = () => said(texts()) !== said(submitted.texts) || photos.join() !== submitted.photos.join();
  const keep = () => {
    if (submitted && !isEdited()) { store.drop(key); status.textContent = words.offline; return; }
    const draft = { texts: texts(), photos, at: Date.now() };
    const kept = submitted ? words.edited : words.kept;
    if (store.set(key, draft)) status.textContent = kept;
    else status.textContent = `${submitted ? kept : ''} ${store.set(key, { ...draft, photos: [] }) ? words.noRoom : ''}`.trim();
  };
  const restore = () => {
    const faulty = document.querySelector('.fault:not([hidden])');
    const draft = !faulty && (store.get(key) || submitted);
    if (draft) {
      for (const [name, value] of draft.texts) {
        for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
          if (field.type === 'radio' || field.type === 'checkbox') field.checked = field.value === value;
          else if (field.type !== 'file') field.value = value;
        }
      }
      photos = [...(draft.photos || [])];
      show();
      status.textContent = submitted && isEdited() ? words.edited : words.kept;
    }
    if (submitted) send();
  };
  const show = () => {
    thumbs.replaceChildren(...photos.map((content, place) => {
      const figure = document.createElement('figure');
      const image = new Image();
      image.alt = `${words.photo} ${place + 1}`;
      image.src = URL.createObjectURL(blobOf(content));
      const gone = document.createElement('button');
      gone.type = 'button'; gone.className = 'small'; gone.textContent = `${words.remove} ${place + 1}`;
      gone.addEventListener('click', () => { photos.splice(place, 1); show(); keep(); picker.focus(); });
      figure.append(image, gone);
      return figure;
    }));
  };
  const blobOf = content => {
    const bytes = atob(content.slice(content.indexOf(',') + 1));
    return new Blob([Uint8Array.from(bytes, char => char.charCodeAt(0))], { type: 'image/jpeg' });
  };
  const small = file => new Promise((done, fail) => {
    const image = new Image(), address = URL.createObjectURL(file);
    image.onload = () => {
      const share = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(image.naturalWidth * share));
      canvas.height = Math.max(1, Math.round(image.naturalHeight * share));
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(address);
      done(canvas.toDataURL('image/jpeg', 0.7));
    };
    image.onerror = () => { URL.revokeObjectURL(address); fail(new Error(file.name)); };
    image.src = address;
  });
  picker.addEventListener('change', async () => {
    const files = [...picker.files], unread = [];
    for (const file of files) {
      if (photos.length >= most) break;
      try { photos.push(await small(file)); } catch { unread.push(file.name); }
    }
    picker.value = '';
    show(); keep();
    told('photos', unread.length ? words.unread(unread.join(words.and)) : '');
  });
  const position = document.getElementById('position');
  position.addEventListener('change', () => {
    const where = document.getElementById('where');
    const put = (lon, lat, accuracy) => { form.lon.value = lon; form.lat.value = lat; form.accuracy.value = accuracy; };
    put('', '', ''); where.textContent = '';
    if (!position.checked || !navigator.geolocation) return;
    where.textContent = words.finding;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { put(coords.longitude, coords.latitude, coords.accuracy); where.textContent = words.found(Math.round(coords.accuracy)); keep(); },
      () => { where.textContent = words.lost; position.checked = false; },
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  });
  form.addEventListener('input', event => { if (event.target !== picker) keep(); });

  const told = (name, text) => {
    const place = document.getElementById(`fault-${name}`), field = document.getElementById(name);
    if (place) { place.textContent = text; place.hidden = !text; }
    if (field) text ? field.setAttribute('aria-invalid', 'true') : field.removeAttribute('aria-invalid');
  };
  const complain = faults => {
    for (const place of form.querySelectorAll('.fault')) told(place.id.slice(6), '');
    problem.replaceChildren();
    problem.hidden = !Object.keys(faults).length;
    if (problem.hidden) return;
    const title = document.createElement('p'), list = document.createElement('ul');
    title.textContent = words.fix;
    for (const [name, text] of Object.entries(faults)) {
      told(name, text);
      const item = document.createElement('li'), link = document.createElement('a');
      const field = document.getElementById(name);
      const label = form.querySelector(`label[for="${name}"]`) || field?.querySelector('legend');
      link.href = `#${name}`; link.textContent = label ? label.firstChild.textContent.trim() : field?.getAttribute('aria-label') || name;
      item.append(link, `${words.colon}${text}`); list.append(item);
    }
    problem.append(title, list);
    problem.tabIndex = -1; problem.focus();
  };
  // The same words again, soon after they were received: the way back and another tap, not another report.
  const lastKey = `sent ${location.pathname}`;
  if ((store.get(lastKey)?.at ?? Date.now()) < Date.now() - 600000) store.drop(lastKey);
  const receivedBefore = told => {
    const last = store.get(lastKey);
    return last && !told.photos.length && last.said === said(told.texts) && Date.now() - last.at < 600000 ? last.receipt : '';
  };
  // What the chosen result asks for and is empty: a form that lacks it is not put where it would be sent by itself.
  const missing = () => {
    const step = form.querySelector('[name=step]:checked'), values = Object.fromEntries(texts()), faults = {};
    if (!step) return { step: words.need };
    const dated = { rectifying: ['rectify_by'], rectified: ['rectified_on'] };
    const needs = step.dataset.needs.split(' ').filter(name => name);
    if (needs.includes('rectification')) needs.push(...(dated[values.rectification] || []));
    for (const name of needs) if (name === 'photos' ? !photos.length : !(values[name] || '').trim()) faults[name] = words.need;
    return faults;
  };
  const settled = () => { submitted = null; store.drop(queueKey); };
  const later = (text, seconds) => {
    status.textContent = isEdited() ? words.edited : text;
    clearTimeout(timer); timer = setTimeout(send, seconds * 1000);
  };
  async function send() {
    clearTimeout(timer);
    if (button.disabled || !submitted) return;
    const told = submitted;
    const before = receivedBefore(told);
    if (before) { settled(); store.drop(key); location.assign(before); return; }
    button.disabled = true; status.textContent = words.sending;
    const body = new FormData();
    for (const [name, value] of told.texts) body.append(name, value);
    told.photos.forEach((content, place) => body.append('photos', blobOf(content), `${place + 1}.jpg`));
    let answer, reply = {};
    try {
      answer = await fetch(location.pathname, { method: 'POST', body, headers: { Accept: 'application/json' } });
      reply = await answer.json();
    } catch {
      // A network that has just come back often fails the first tries: soon again, then every half minute.
      button.disabled = false; failures += 1; later(words.offline, Math.min(30, 2 ** failures)); return;
    }
    button.disabled = false; failures = 0;
    if ([408, 429, 503].includes(answer.status)) { later(`${reply.message} ${words.again}`, 60); return; }
    const edited = isEdited();
    settled();
    if (answer.ok && reply.receipt) {
      const receipt = new URL(reply.receipt, location.href).href;
      store.set(lastKey, { said: said(told.texts), receipt, at: Date.now() });
      store.set('who', Object.fromEntries([...form.querySelectorAll('[data-kept]')].map(field => [field.name, field.value])));
      if (!edited) { store.drop(key); location.assign(receipt); return; }
      keep();
      const link = document.createElement('a');
      link.href = receipt; link.textContent = words.receipt;
      status.replaceChildren(words.before, link);
    } else {
      keep();
      status.textContent = reply.faults ? '' : reply.message || words.again;
      if (reply.faults) complain(reply.faults);
    }
  }
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (button.disabled) return;
    const faults = missing();
    complain(faults);
    if (Object.keys(faults).length) return;
    submitted = { texts: texts(), photos: [...photos] };
    // Kept whole or not at all: without its photos it would not be what was submitted.
    if (store.set(queueKey, submitted)) store.drop(key); else { store.drop(queueKey); keep(); }
    send();
  });
  addEventListener('online', () => { failures = 0; send(); });
  restore();
})();
