export default function AnomaliesPage() {
  return (
    <main className="page">
      <h1 tabIndex={-1}>Anomalies</h1>
    </main>
  );
}
