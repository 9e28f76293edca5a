export default function SourcesPage() {
  return (
    <main className="page">
      <h1 tabIndex={-1}>Sources</h1>
    </main>
  );
}
