// What went wrong, and where on this page its remedies are: the library names them as the command line does.

const remedies: readonly [flag: string, words: string][] = [
  ["--exclude", "“leave it out”, the last choice of every column"],
  ["--types", "what a column holds"],
  ["--missing", "the question about missing values"],
  ["--jitter", "“Noise” under Options"],
  ["--calibration", "“For p-values” under Options"],
];

export function ProblemWords({ text }: { readonly text: string }) {
  const named = remedies.filter(([flag]) => text.includes(flag));
  return (
    <div className="problem" role="alert">
      <p>{text}</p>
      {named.length > 0 && (
        <p className="note">
          On this page: {named.map(([flag, words]) => `${flag} is ${words}`).join("; ")}.
        </p>
      )}
    </div>
  );
}
