export default function DriftPage() {
  return (
    <main className="page">
      <h1 tabIndex={-1}>Drift</h1>
    </main>
  );
}
