// Runs before the first paint, so that a chosen theme does not flash. A file of its own: the pages allow no inline scripts.
(() => {
  try {
    const theme = localStorage.getItem("pickapic.theme");
    if (theme !== "light" && theme !== "dark") return;
    document.documentElement.dataset.theme = theme;
    // The style sheet, which knows the attribute, may come much later.
    document.documentElement.style.colorScheme = theme;
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})();
