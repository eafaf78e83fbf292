// Light or dark before anything is painted: as chosen here before, else as the system has it.
try {
  const chosen = localStorage.getItem("allegiance-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage may be switched off; the system decides */ }
document.documentElement.classList.add("scripted");
