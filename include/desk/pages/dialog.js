// Runs in Airflow's own page, brought there by desk.js: Airflow 3.3 has no address that opens its trigger or back-fill dialog,
// so this presses the DAG page's own button once it is there. Where the page is built otherwise, the DAG page just stays open.
(() => {
  "use strict";
  const { dialog, path } = document.currentScript.dataset;
  document.currentScript.remove();
  const steps = ['[data-testid="trigger-dag-button"]:not([disabled])'];
  if (dialog === "backfill") steps.push('[role="dialog"] input[type="radio"][value="backfill"]:not([disabled])');
  const until = Date.now() + 60000;
  const press = () => {
    if (Date.now() > until || !steps.length) return;
    const found = location.pathname === path && document.querySelector(steps[0]);
    if (found) {
      found.click();
      steps.shift();
    }
    setTimeout(press, 100);
  };
  press();
})();
