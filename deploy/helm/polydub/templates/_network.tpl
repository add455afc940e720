{{/* One way out to a component's port: dict root, component, port. */}}
{{- define "polydub.toComponent" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "polydub.selector" . | nindent 10 }}
  ports: [{port: {{ .port }}}]
{{- end }}

{{/* One way out to a backend of others, in this cluster (to Pods of which networks may not lead, as
     with Cilium) or outside of it: dict cidrs, ports. */}}
{{- define "polydub.toOthers" -}}
- to:
    - namespaceSelector: {}
    {{- range .cidrs }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  ports:
    {{- range .ports }}
    - {port: {{ . }}}
    {{- end }}
{{- end }}

{{- define "polydub.toNames" -}}
- to:
    - namespaceSelector:
        {{- with .Values.networkPolicy.dnsNamespace }}
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
        {{- else }}
        matchLabels: {}
        {{- end }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53}
{{- end }}

{{/* Names, broker, store, and where asked the database: dict root, database. */}}
{{- define "polydub.toBackends" -}}
{{- $values := .root.Values }}
{{- include "polydub.toNames" .root }}
{{- if $values.nats.enabled }}
{{ include "polydub.toComponent" (dict "root" .root "component" "nats" "port" 4222) }}
{{- else }}
{{ include "polydub.toOthers" (dict "cidrs" (list "0.0.0.0/0") "ports" (list 4222)) }}
{{- end }}
{{- if include "polydub.ownS3" .root }}
{{ include "polydub.toComponent" (dict "root" .root "component" "seaweedfs" "port" 8333) }}
{{- else if eq $values.store.kind "s3" }}
{{ include "polydub.toOthers" (dict "cidrs" $values.store.s3.cidrs "ports" (list $values.store.s3.port)) }}
{{- end }}
{{- if .database }}
{{- if $values.postgresql.enabled }}
{{ include "polydub.toComponent" (dict "root" .root "component" "postgresql" "port" 5432) }}
{{- else }}
{{ include "polydub.toOthers" (dict "cidrs" $values.postgresql.cidrs "ports" (list $values.postgresql.port)) }}
{{- end }}
{{- end }}
{{- with regexFind "[0-9]+$" $values.tracesEndpoint }}
- to:
    - namespaceSelector: {}
  ports: [{port: {{ . }}}]
{{- end }}
{{- with $values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* dict root, stages. */}}
{{- define "polydub.toStages" -}}
{{- range .stages }}
{{ include "polydub.toComponent" (dict "root" $.root "component" . "port" 50051) }}
{{- end }}
{{- end }}

{{/* The internet, and no network of one's own. */}}
{{- define "polydub.toInternet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .Values.networkPolicy.privateNetworks | nindent 10 }}
  ports:
    - {port: 80}
    - {port: 443}
{{- end }}

{{/* dict root, port. */}}
{{- define "polydub.fromMonitoring" -}}
{{- with .root.Values.networkPolicy.monitoringNamespace }}
- from:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
  ports: [{port: {{ $.port }}}]
{{- end }}
{{- end }}

{{/* From every Pod of this release that is the chart's own work: dict root, port. */}}
{{- define "polydub.fromOwn" -}}
- from:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: polydub
          app.kubernetes.io/instance: {{ .root.Release.Name }}
  ports: [{port: {{ .port }}}]
{{- end }}
