{{- define "polydub.fullname" -}}
{{- $name := contains "polydub" .Release.Name | ternary .Release.Name (printf "%s-polydub" .Release.Name) }}
{{- if gt (len $name) 40 }}
{{- /* Names that begin alike stay different. */}}
{{- $name = printf "%s-%s" ($name | trunc 31 | trimSuffix "-") ($name | sha256sum | trunc 8) }}
{{- end }}
{{- $name }}
{{- end }}

{{/* PriorityClasses are the whole cluster's: dict root, class. */}}
{{- define "polydub.priorityClass" -}}
{{ .root.Release.Namespace }}-{{ include "polydub.fullname" .root }}-{{ .class }}
{{- end }}

{{/* What selects one component's Pods: dict root, component. */}}
{{- define "polydub.selector" -}}
app.kubernetes.io/name: polydub
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "polydub.labels" -}}
{{ include "polydub.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name, namespace and labels of an object: dict root, component, and name where it is another. */}}
{{- define "polydub.metadata" -}}
name: {{ include "polydub.fullname" .root }}-{{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "polydub.labels" . | nindent 2 }}
{{- end }}

{{/* The whole name of a component's image: dict root, component, image (another one, or empty). */}}
{{- define "polydub.image" -}}
{{- $set := .root.Values.image }}
{{- if .image }}{{ .image }}
{{- else }}{{ with $set.registry }}{{ . }}/{{ end }}polydub-{{ .component }}:{{ $set.tag | default .root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* A stage's values: its own over those of all stages. dict root, name. */}}
{{- define "polydub.stage" -}}
{{ mergeOverwrite (deepCopy .root.Values.stageDefaults) (get .root.Values.stages .name | default dict | deepCopy) | toYaml }}
{{- end }}

{{- define "polydub.nats.url" -}}
{{- if .Values.nats.enabled }}nats://{{ include "polydub.fullname" . }}-nats:4222
{{- else }}{{ .Values.nats.url }}{{ end }}
{{- end }}

{{- define "polydub.nats.monitoring" -}}
{{- if .Values.nats.enabled }}{{ include "polydub.fullname" . }}-nats-headless.{{ .Release.Namespace }}.svc:8222
{{- else }}{{ .Values.nats.monitoringEndpoint }}{{ end }}
{{- end }}

{{/* Whether the chart's own Secret has something in it. */}}
{{- define "polydub.secrets" -}}{{ include "polydub.fullname" . }}-secrets{{- end }}

{{/* Without an ingress that joins page and API, the gateway serves both. */}}
{{- define "polydub.pageInGateway" -}}
{{- if and .Values.frontend.enabled (not .Values.ingress.enabled) }}yes{{ end }}
{{- end }}

{{- define "polydub.ownS3" -}}
{{- if and (eq .Values.store.kind "s3") .Values.seaweedfs.enabled }}yes{{ end }}
{{- end }}

{{/* Changes with what an image would fetch: the Job's name, and what the stages wait for. */}}
{{- define "polydub.modelsHash" -}}
{{ toJson (list .Values.models.profile .Values.models.languages .Values.models.ids .Chart.AppVersion .Values.image.tag) | sha256sum | trunc 10 }}
{{- end }}
