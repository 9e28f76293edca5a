export default function FitPage() {
  return (
    <main className="page">
      <h1 tabIndex={-1}>Fit</h1>
    </main>
  );
}
